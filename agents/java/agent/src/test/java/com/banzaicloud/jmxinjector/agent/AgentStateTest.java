package com.banzaicloud.jmxinjector.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AgentStateTest {

  @AfterEach
  void forget() {
    for (String key : new String[] {"state", "reason", "port"}) {
      System.clearProperty(AgentState.PREFIX + key);
    }
  }

  @Test
  void isClaimedOnce() {
    assertTrue(AgentState.claim());
    assertFalse(AgentState.claim());
    AgentState.publish("state", AgentState.SERVING);
    AgentState.publish("port", "9404");
    assertFalse(AgentState.claim());
    assertEquals("state serving, port 9404", AgentState.describe());
  }

  @Test
  void isClaimedAgainAfterAFailure() {
    assertTrue(AgentState.claim());
    AgentState.publish("reason", "port in use");
    AgentState.publish("state", AgentState.FAILED);
    assertTrue(AgentState.claim());
    assertNull(System.getProperty(AgentState.PREFIX + "reason"));
    assertFalse(AgentState.claim());
  }
}
