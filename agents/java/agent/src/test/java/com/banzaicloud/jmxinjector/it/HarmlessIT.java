package com.banzaicloud.jmxinjector.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.banzaicloud.jmxinjector.apps.Idle;
import com.banzaicloud.jmxinjector.apps.OwnLogManager;
import com.sun.tools.attach.VirtualMachine;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever goes wrong for the agent, the application runs as it would without. */
class HarmlessIT {

  private static final String JDKS = "com.banzaicloud.jmxinjector.it.Jdk#wanted";
  private static final String IDLE = Idle.class.getName();

  @ParameterizedTest
  @MethodSource(JDKS)
  void aPortInUseIsWaitedFor(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    ServerSocket holder = new ServerSocket();
    holder.bind(new InetSocketAddress(0));
    int port = holder.getLocalPort();
    try (Jvm jvm = Jvm.start(jdk, Jvm.agent(port), IDLE, "3");
        Jvm second = Jvm.start(jdk, Jvm.agent(port), IDLE, "4")) {
      jvm.awaitOut("started");
      // This one ends while the agent still waits.
      second.awaitOut("started");
      awaitState(second, "starting");
      assertEquals(new Jvm.Result(4, "started\nended\n", ""), second.end());
      holder.close();
      jvm.awaitMetrics(port, "jmx_exporter_config_valid 1.0");
      Jvm.Result result = jvm.end();
      assertEquals(3, result.exitCode());
      assertEquals("started\nended\n", result.out());
    }
  }

  @ParameterizedTest
  @MethodSource(JDKS)
  void aBadArgumentIsOneLine(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    try (Jvm jvm = Jvm.start(jdk, Jvm.agent("70000:/c.yaml"), IDLE, "5")) {
      jvm.awaitErr("\n");
      assertEquals("failed", property(jvm, "state"));
      Jvm.Result result = jvm.end();
      assertEquals(5, result.exitCode());
      assertEquals("started\nended\n", result.out());
      assertEquals(
          "jmx-injector: no metrics are served: argument \"70000:/c.yaml\": \"70000\" is no port (1 to 65535);"
              + " expected [host:]port[:config.yaml]",
          result.err().lines().findFirst().orElse(""));
    }
  }

  @ParameterizedTest
  @MethodSource(JDKS)
  void missingModulesAreOneLine(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    int port = Jvm.freePort();
    for (String modules : List.of("java.base", "java.base,java.management")) {
      try (Jvm jvm =
          Jvm.start(jdk, "--limit-modules", modules, Jvm.agent(port), IDLE, "no-mbean", "6")) {
        jvm.awaitErr("\n");
        String missing = modules.equals("java.base") ? "java.management" : "jdk.httpserver";
        assertEquals(
            new Jvm.Result(
                6,
                "started\nended\n",
                "jmx-injector: no metrics are served: this Java runtime has no module " + missing
                    + ", which the agent needs\n"),
            jvm.end());
      }
    }
  }

  @ParameterizedTest
  @MethodSource(JDKS)
  void aSecondAgentFindsTheFirst(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    int port = Jvm.freePort();
    int other = Jvm.freePort();
    try (Jvm jvm = Jvm.start(jdk, Jvm.agent(port), Jvm.agent(other), IDLE, "0")) {
      jvm.awaitErr("already running in this JVM");
      jvm.awaitErr("serves metrics on port");
      int served = Integer.parseInt(property(jvm, "port"));
      jvm.awaitMetrics(served, "jmx_exporter_config_valid 1.0");
      assertNull(Jvm.get(served == port ? other : port, "/metrics"));
      assertEquals(0, jvm.end().exitCode());
    }
  }

  @ParameterizedTest
  @MethodSource(JDKS)
  void isLoadedIntoAJvmThatRunsAndOnlyOnce(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    int port = Jvm.freePort();
    try (Jvm jvm = Jvm.start(jdk, IDLE, "0")) {
      jvm.awaitOut("started");
      attach(jvm, String.valueOf(port));
      jvm.awaitMetrics(port, "jmx_exporter_config_valid 1.0");
      assertEquals("serving", property(jvm, "state"));
      assertEquals("0.1.0", property(jvm, "version"));
      attach(jvm, String.valueOf(Jvm.freePort()));
      jvm.awaitErr("already running in this JVM: state serving, version 0.1.0, port " + port);
      assertEquals("started\nended\n", jvm.end().out());
    }
  }

  @ParameterizedTest
  @MethodSource(JDKS)
  void aBadArgumentOverAttachCanBeFollowedByAGoodOne(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    int port = Jvm.freePort();
    try (Jvm jvm = Jvm.start(jdk, IDLE, "0")) {
      jvm.awaitOut("started");
      attach(jvm, "nonsense");
      jvm.awaitErr("argument \"nonsense\": the port is missing");
      awaitState(jvm, "failed");
      attach(jvm, String.valueOf(port));
      jvm.awaitMetrics(port, "jmx_exporter_config_valid 1.0");
    }
  }

  @ParameterizedTest
  @MethodSource(JDKS)
  void toolsOfTheJdkAreLeftAlone(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    int port = Jvm.freePort();
    for (List<String> command :
        List.of(
            List.of("java", "-version"),
            List.of("java", "--version"),
            List.of("jcmd", "-h"),
            List.of("jps", "-help"),
            List.of("keytool", "-list", "-keystore", "/does/not/exist"),
            List.of("javac", "-version"),
            List.of("jar", "--version"))) {
      List<String> full = new ArrayList<>(command);
      full.set(0, jdk.tool(command.get(0)));
      Jvm.Result with;
      Jvm.Result without;
      try (Jvm jvm = Jvm.start(full, null)) {
        without = jvm.end();
      }
      try (Jvm jvm = Jvm.start(full, Jvm.agent(port))) {
        with = jvm.end();
      }
      assertEquals(without.out(), with.out(), command.toString());
      assertEquals(without.exitCode(), with.exitCode(), command.toString());
      // The JVM itself names the variable; the agent says nothing.
      assertTrue(with.err().startsWith("Picked up JAVA_TOOL_OPTIONS: "), with.err());
      assertEquals(without.err(), with.err().substring(with.err().indexOf('\n') + 1), command.toString());
    }
  }

  @ParameterizedTest
  @MethodSource(JDKS)
  void theApplicationStillChoosesItsLogManager(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    int port = Jvm.freePort();
    try (Jvm jvm = Jvm.start(jdk, Jvm.agent(port), OwnLogManager.class.getName())) {
      jvm.awaitOut("Manager");
      jvm.awaitMetrics(port, "jmx_exporter_config_valid 1.0");
      assertEquals(new Jvm.Result(0, "Manager\n", jvm.err()), jvm.end());
    }
  }

  private static void attach(Jvm jvm, String argument) throws Exception {
    VirtualMachine machine = VirtualMachine.attach(String.valueOf(jvm.process.pid()));
    try {
      machine.loadAgent(Jvm.AGENT.toString(), argument);
    } finally {
      machine.detach();
    }
  }

  private static String property(Jvm jvm, String key) throws Exception {
    VirtualMachine machine = VirtualMachine.attach(String.valueOf(jvm.process.pid()));
    try {
      Properties properties = machine.getSystemProperties();
      return properties.getProperty("jmx.injector.agent." + key);
    } finally {
      machine.detach();
    }
  }

  private static void awaitState(Jvm jvm, String state) throws Exception {
    jvm.await("state " + state, () -> state.equals(property(jvm, "state")));
  }
}
