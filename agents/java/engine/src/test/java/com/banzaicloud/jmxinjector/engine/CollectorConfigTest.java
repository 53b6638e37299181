package com.banzaicloud.jmxinjector.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CollectorConfigTest {

  @Test
  void takesTheUpstreamFormat() throws Exception {
    CollectorConfig config =
        CollectorConfig.parse(
            "test",
            String.join(
                "\n",
                "lowercaseOutputName: true",
                "ssl: false",
                "includeObjectNames: ['java.lang:type=Runtime']",
                "rules:",
                "- pattern: 'java.lang<type=Runtime><>Uptime'",
                "  name: test_Uptime",
                "  type: GAUGE"));
    assertTrue(config.warnings.isEmpty());
    List<String> names = new ArrayList<>();
    config.collect().forEach(part -> part.forEach(metric -> names.add(metric.getMetadata().getPrometheusName())));
    assertTrue(names.contains("test_uptime"), names.toString());
    assertTrue(names.contains("jmx_scrape_duration_seconds"), names.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rules: [ | while parsing",
        "just a text | no mapping",
        "- a | no mapping",
        "rules: 7 | ClassCastException",
        "rules: [{pattern: '('}] | PatternSyntax",
        "includeObjectNames: ['no name'] | MalformedObjectName",
        "jmxUrl: service:jmx:rmi:///jndi/rmi://other/jmxrmi | jmxUrl is not supported",
        "hostPort: other:9999 | hostPort is not supported",
        "httpServer: {authentication: {}} | httpServer is not supported",
        "openTelemetry: {} | openTelemetry is not supported",
        "a: !!javax.script.ScriptEngineManager [] | Global tag is not allowed",
      })
  void refusesByName(String yaml, String expected) {
    ConfigException refusal = assertThrows(ConfigException.class, () -> CollectorConfig.parse("test", yaml));
    assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
  }

  @Test
  void warnsOfUnknownKeys() throws Exception {
    CollectorConfig config = CollectorConfig.parse("test", "includeObjectNames: []\nrulez: []");
    assertEquals(1, config.warnings.size());
    assertTrue(config.warnings.get(0).startsWith("key \"rulez\" is unknown and ignored; known are ["));
  }
}
