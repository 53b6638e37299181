package com.banzaicloud.jmxinjector.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JdkToolTest {

  @ParameterizedTest
  @CsvSource({
    // Java 9 and later: the tool's module is named.
    "jdk.jcmd, jdk.jcmd/sun.tools.jcmd.JCmd -l, true",
    "java.base, java.base/sun.security.tools.keytool.Main -help, true",
    "jdk.compiler, jdk.compiler/com.sun.tools.javac.Main A.java, true",
    "jdk.jshell, jdk.jshell/jdk.internal.jshell.tool.JShellToolProvider, true",
    // Java 8
    ", sun.tools.jps.Jps, true",
    ", com.sun.tools.javac.Main A.java, true",
    ", sun.security.tools.keytool.Main, true",
    // Applications, among them those that look like a tool
    ", kafka.Kafka config/server.properties, false",
    ", app.jar --port 80, false",
    ", com.sun.enterprise.glassfish.bootstrap.ASMain, false",
    "com.example.app, com.example.app/com.example.Main, false",
    "jdk.compiler, jdk.compiler/com.sun.tools.javac.launcher.Main App.java, false",
    ", , false",
  })
  void tellsToolsFromApplications(String module, String command, boolean tool) {
    assertEquals(tool, JdkTool.matches(module, command));
  }
}
