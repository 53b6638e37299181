package com.banzaicloud.jmxinjector.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.banzaicloud.jmxinjector.apps.Idle;
import com.banzaicloud.jmxinjector.apps.Surroundings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the agent serves, in real JVMs. */
class ServingIT {

  private static final String JDKS = "com.banzaicloud.jmxinjector.it.Jdk#wanted";
  private static final String IDLE = Idle.class.getName();
  private static final String ORDERS =
      "includeObjectNames: ['com.example:*']\n"
          + "rules:\n- {pattern: 'com.example<type=Orders><>Count', name: %s, help: Orders, type: GAUGE}\n";

  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource(JDKS)
  void anMBeanTheJvmAndItself(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    Path config = Files.writeString(folder.resolve("config.yaml"), ORDERS.formatted("orders"));
    int port = Jvm.freePort();
    try (Jvm jvm = Jvm.start(jdk, Jvm.agent(port + ":" + config), IDLE, "0")) {
      String metrics = jvm.awaitMetrics(port, "orders 42.0");
      assertTrue(metrics.contains("jmx_exporter_config_valid 1.0\n"), metrics);
      assertTrue(metrics.contains("jmx_injector_agent_info{version=\"0.1.0\"} 1\n"), metrics);
      assertTrue(metrics.contains("\njvm_memory_used_bytes{area=\"heap\"} "), metrics);
      assertTrue(metrics.contains("\nprocess_start_time_seconds "), metrics);
      assertTrue(metrics.contains("\njmx_scrape_error 0.0\n"), metrics);
      assertEquals("healthy\n", Jvm.get(port, "/-/healthy"));
      assertEquals("ready\n", Jvm.get(port, "/-/ready"));
      assertEquals(404, Jvm.http(port, "/metricsx").statusCode());
      assertEquals("# EOF", Jvm.get(port, "/metrics?name[]=orders&debug=openmetrics").lines().reduce((a, b) -> b).get());
      Jvm.Result result = jvm.end();
      assertEquals("jmx-injector: version 0.1.0 serves metrics on port " + port + ", configured by " + config + "\n",
          result.err());
      assertEquals("started\nended\n", result.out());
    }
  }

  @ParameterizedTest
  @MethodSource(JDKS)
  void aMissingConfigurationWhenItComesAndWhenItChanges(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    Path config = folder.resolve("config.yaml");
    int port = Jvm.freePort();
    try (Jvm jvm = Jvm.start(jdk, Jvm.agent(port + ":" + config), IDLE, "7")) {
      String metrics = jvm.awaitMetrics(port, "jmx_exporter_config_valid 0.0");
      assertTrue(metrics.contains("jvm_threads_current "), "the preset serves: " + metrics);
      assertTrue(jvm.err().contains(config + " is not usable: the file does not exist"), jvm.err());

      // As the kubelet does: only the link ..data is replaced.
      publish("1", ORDERS.formatted("first"));
      Files.createSymbolicLink(config, Path.of("..data/config.yaml"));
      jvm.awaitMetrics(port, "first 42.0");

      publish("2", ORDERS.formatted("second"));
      metrics = jvm.awaitMetrics(port, "second 42.0");
      assertFalse(metrics.contains("first 42.0"), metrics);
      assertTrue(metrics.contains("jmx_exporter_config_valid 1.0\n"), metrics);

      publish("3", "rules: [{");
      metrics = jvm.awaitMetrics(port, "jmx_exporter_config_valid 0.0");
      assertTrue(metrics.contains("second 42.0\n"), "the last good one stays: " + metrics);
      assertTrue(metrics.contains("jmx_config_reload_failure_total 2.0\n"), metrics);

      publish("4", ORDERS.formatted("third"));
      jvm.awaitMetrics(port, "third 42.0");
      assertEquals(7, jvm.end().exitCode());
    }
  }

  private void publish(String name, String yaml) throws Exception {
    Path data = Files.createDirectory(folder.resolve(".." + name));
    Files.writeString(data.resolve("config.yaml"), yaml);
    Path link = Files.createSymbolicLink(folder.resolve("..tmp"), data.getFileName());
    Files.move(link, folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @ParameterizedTest
  @MethodSource(JDKS)
  void aBadConfigurationLeavesThePreset(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    Path config = Files.writeString(folder.resolve("config.yaml"), "httpServer: {authentication: {}}\n");
    int port = Jvm.freePort();
    try (Jvm jvm = Jvm.start(jdk, Jvm.agent("127.0.0.1:" + port + ":" + config), IDLE, "0")) {
      String metrics = jvm.awaitMetrics(port, "jmx_exporter_config_valid 0.0");
      assertTrue(metrics.contains("jvm_threads_current "), metrics);
      assertTrue(jvm.err().contains("section httpServer is not supported"), jvm.err());
      assertEquals(0, jvm.end().exitCode());
    }
  }

  @ParameterizedTest
  @MethodSource(JDKS)
  void leavesNoTraceInTheApplication(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    int port = Jvm.freePort();
    try (Jvm jvm = Jvm.start(jdk, Jvm.agent(port), Surroundings.class.getName())) {
      jvm.awaitMetrics(port, "jmx_exporter_config_valid 1.0");
      Jvm.Result result = jvm.end();
      assertTrue(result.out().contains("loader true\nhandler null\n"), result.out());
      assertTrue(result.out().contains("thread true true\n"), result.out());
      assertFalse(result.out().contains("thread false"), result.out());
      assertFalse(result.out().contains("thread true false"), result.out());
      assertFalse(result.out().contains("stray "), result.out());
      assertFalse(result.out().contains("visible "), result.out());
      assertTrue(result.out().endsWith(
          "property jmx.injector.agent.config\nproperty jmx.injector.agent.host\nproperty jmx.injector.agent.port\n"
              + "property jmx.injector.agent.reason\nproperty jmx.injector.agent.state\nproperty jmx.injector.agent.version\n"),
          result.out());
    }
  }

  @ParameterizedTest
  @MethodSource(JDKS)
  void aRuntimeWithTheNeededModulesOnly(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    Path config = Files.writeString(folder.resolve("config.yaml"), ORDERS.formatted("orders"));
    int port = Jvm.freePort();
    try (Jvm jvm = Jvm.start(
        jdk, "--limit-modules", "java.base,java.management,jdk.httpserver", Jvm.agent(port + ":" + config), IDLE, "0")) {
      jvm.awaitMetrics(port, "orders 42.0");
    }
  }
}
