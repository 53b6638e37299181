package com.banzaicloud.jmxinjector.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentArgumentTest {

  @ParameterizedTest
  @CsvSource({
    "9404, , 9404, ",
    "9404:/etc/c.yaml, , 9404, /etc/c.yaml",
    "9404:c:d.yaml, , 9404, c:d.yaml",
    "9404:9405, , 9404, 9405",
    "127.0.0.1:9404, 127.0.0.1, 9404, ",
    "localhost:1:c.yaml, localhost, 1, c.yaml",
    "my-host.example_1:65535:/c, my-host.example_1, 65535, /c",
    "[::1]:9404, ::1, 9404, ",
    "[fe80::1:2]:9404:/c.yaml, fe80::1:2, 9404, /c.yaml",
    "09404, , 9404, ",
  })
  void takesWhatTheGrammarAllows(String argument, String host, int port, String config) {
    AgentArgument parsed = AgentArgument.parse(argument);
    assertEquals(host, parsed.host);
    assertEquals(port, parsed.port);
    assertEquals(config, parsed.config);
  }

  @ParameterizedTest
  @NullAndEmptySource
  @ValueSource(
      strings = {
        "0", "65536", "70000", "99999999999", "-1", "+1", " 9404", "9404 ", "9404:", ":9404", "host", "host:", "host:x",
        "host:0", "host:9404:", "::1:9404", "[::1]", "[::1]9404", "[]:9404", "[localhost]:9404", "[::1:9404",
        "a b:9404", "-host:9404", "hôst:9404", "9404;rm", "٩٤٠٤"
      })
  void refusesTheRest(String argument) {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> AgentArgument.parse(argument));
    assertTrue(refusal.getMessage().contains("expected [host:]port[:config.yaml]"), refusal.getMessage());
  }

  @Test
  void namesWhatItFound() {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> AgentArgument.parse("70000:/c.yaml"));
    assertEquals(
        "argument \"70000:/c.yaml\": \"70000\" is no port (1 to 65535); expected [host:]port[:config.yaml]",
        refusal.getMessage());
  }
}
