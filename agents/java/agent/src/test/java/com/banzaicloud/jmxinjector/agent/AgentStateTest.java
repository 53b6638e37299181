package com.banzaicloud.jmxinjector.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AgentStateTest {

  @AfterEach
  void forget() {
    for (String key : new String[] {"state", "reason", "version", "host", "port", "config"}) {
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
  void afterTheStartNoKeyIsAddedOrRemoved() {
    AgentState.declare();
    Set<Object> declared = Set.copyOf(System.getProperties().keySet());
    assertEquals("", AgentState.describe());
    assertTrue(AgentState.claim());
    for (String key : new String[] {"reason", "version", "host", "port", "config"}) {
      AgentState.publish(key, "x");
    }
    AgentState.publish("state", AgentState.FAILED);
    assertTrue(AgentState.claim());
    assertEquals(declared, System.getProperties().keySet());
  }

  @Test
  void isClaimedAgainAfterAFailure() {
    assertTrue(AgentState.claim());
    AgentState.publish("reason", "port in use");
    AgentState.publish("state", AgentState.FAILED);
    assertTrue(AgentState.claim());
    assertEquals("", System.getProperty(AgentState.PREFIX + "reason"));
    assertFalse(AgentState.claim());
  }
}
