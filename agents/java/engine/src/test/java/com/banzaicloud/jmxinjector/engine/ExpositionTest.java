package com.banzaicloud.jmxinjector.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExpositionTest {

  @TempDir Path folder;

  @Test
  void aNameThatTheAgentServesItselfIsKept() throws Exception {
    Path file = folder.resolve("config.yaml");
    Files.write(
        file,
        String.join(
                "\n",
                "includeObjectNames: ['java.lang:type=Threading']",
                "rules:",
                "- {pattern: 'java.lang<type=Threading><>ThreadCount', name: jvm_threads_current, value: 12345}",
                "- {pattern: 'java.lang<type=Threading><>PeakThreadCount', name: test_peak}")
            .getBytes(StandardCharsets.UTF_8));
    MetricSnapshots answer = new Exposition(new ConfigSource(file, line -> {}), "test").registry().scrape();
    long threads = answer.stream().filter(metric -> name(metric).equals("jvm_threads_current")).count();
    assertEquals(1, threads);
    assertTrue(answer.stream().anyMatch(metric -> name(metric).equals("test_peak")));
    assertTrue(answer.stream().anyMatch(metric -> name(metric).equals("jmx_exporter_config_valid")));
  }

  @Test
  void deadlocksAreNotLookedForWithEachScrape() throws Exception {
    Exposition exposition = new Exposition(new ConfigSource(null, line -> {}), "test");
    MetricSnapshots first = exposition.registry().scrape();
    MetricSnapshots second = exposition.registry().scrape();
    for (String name : new String[] {"jvm_threads_deadlocked", "jvm_threads_deadlocked_monitor"}) {
      assertSame(metric(first, name), metric(second, name));
    }
    assertNotSame(metric(first, "jvm_threads_current"), metric(second, "jvm_threads_current"));
  }

  private static MetricSnapshot metric(MetricSnapshots all, String name) {
    return all.stream().filter(metric -> name(metric).equals(name)).findFirst().orElseThrow();
  }

  private static String name(MetricSnapshot metric) {
    return metric.getMetadata().getPrometheusName();
  }
}
