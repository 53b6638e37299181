package com.banzaicloud.jmxinjector.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.banzaicloud.jmxinjector.apps.ForeignHttpServer;
import com.banzaicloud.jmxinjector.apps.Idle;
import com.banzaicloud.jmxinjector.apps.OwnLogManager;
import com.sun.tools.attach.VirtualMachine;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever goes wrong for the agent, the application runs as it would without. */
class HarmlessIT {

  private static final String JDKS = "com.banzaicloud.jmxinjector.it.Jdk#wanted";
  private static final String IDLE = Idle.class.getName();

  /** By then the agent of an application is at the port: it waits 2 s from the start of main on. */
  private static final long LONGER_THAN_GRACE_MS = 5_000;

  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource(JDKS)
  void aPortInUseIsWaitedFor(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    ServerSocket holder = new ServerSocket();
    holder.bind(new InetSocketAddress(0));
    int port = holder.getLocalPort();
    try (Jvm jvm = Jvm.start(jdk, Jvm.agent(port), IDLE, "3");
        Jvm second = Jvm.start(jdk, Jvm.agent(port + ":/does/not/exist"), IDLE, "4")) {
      jvm.awaitOut("started");
      // This one ends while the agent still waits, and has read no configuration that it could complain of.
      second.awaitOut("started");
      awaitState(second, "starting");
      Thread.sleep(LONGER_THAN_GRACE_MS);
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
  void aToolThatStaysIsLeftAloneToo(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    int port = Jvm.freePort();
    // With all that the agent needs in order to serve.
    String modules = "-J--add-modules=java.management,jdk.httpserver";
    try (Jvm jvm = Jvm.start(List.of(jdk.tool("rmiregistry"), modules, "0"), Jvm.agent(port))) {
      jvm.await("the agent's keys", () -> property(jvm, "state") != null);
      Thread.sleep(LONGER_THAN_GRACE_MS);
      Properties properties = properties(jvm);
      for (String key : List.of("state", "reason", "version", "host", "port", "config")) {
        assertEquals("", properties.getProperty("jmx.injector.agent." + key), key);
      }
      assertThrows(ConnectException.class, () -> new Socket("127.0.0.1", port).close());
      assertEquals(1, jvm.err().lines().filter(line -> !line.startsWith("WARNING")).count(), jvm.err());
    }
  }

  @ParameterizedTest
  @MethodSource(JDKS)
  void anHttpServerOfTheApplicationIsNotStarted(Jdk jdk) throws Exception {
    assumeTrue(jdk.isPresent(), jdk + " is not on this machine");
    String provider = "com.sun.net.httpserver.HttpServerProvider";
    String foreign = ForeignHttpServer.class.getName();
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve("com.sun.net.httpserver.spi.HttpServerProvider"), foreign + "\n");
    String classPath = Path.of("target/test-classes").toAbsolutePath().toString();
    List<List<String>> ways =
        List.of(
            List.of("-cp", classPath + ":" + folder, "one of its services"),
            List.of("-D" + provider + "=" + foreign, "-cp", classPath, foreign));
    for (List<String> way : ways) {
      int port = Jvm.freePort();
      List<String> arguments = new ArrayList<>(way.subList(0, way.size() - 1));
      arguments.addAll(List.of(Jvm.agent(port), IDLE, "8"));
      try (Jvm jvm = Jvm.start(jdk, arguments.toArray(new String[0]))) {
        jvm.awaitErr("\n");
        awaitState(jvm, "failed");
        String reason =
            "the application brings its own " + provider + " (" + way.get(way.size() - 1)
                + "), which the agent must not start";
        assertEquals(reason, property(jvm, "reason"));
        assertEquals(
            new Jvm.Result(8, "started\nended\n", "jmx-injector: no metrics are served: " + reason + "\n"), jvm.end());
      }
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
      assertEquals(
          new Jvm.Result(
              0,
              "Manager\n",
              "jmx-injector: version 0.1.0 serves metrics on port " + port
                  + ", configured by the built-in preset jvm\n"),
          jvm.end());
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
    return properties(jvm).getProperty("jmx.injector.agent." + key);
  }

  private static Properties properties(Jvm jvm) throws Exception {
    VirtualMachine machine = VirtualMachine.attach(String.valueOf(jvm.process.pid()));
    try {
      return machine.getSystemProperties();
    } finally {
      machine.detach();
    }
  }

  private static void awaitState(Jvm jvm, String state) throws Exception {
    jvm.await("state " + state, () -> state.equals(property(jvm, "state")));
  }
}
