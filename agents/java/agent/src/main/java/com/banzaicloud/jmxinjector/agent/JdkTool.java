package com.banzaicloud.jmxinjector.agent;

/**
 * Tells a tool of the JDK (jcmd, keytool, javac) from an application: tools read JAVA_TOOL_OPTIONS too, and must find
 * the port free and their output as it was.
 */
final class JdkTool {

  /** Main classes of tools up to JDK 8, which has no modules. GlassFish starts with com.sun.enterprise: not here. */
  private static final String[] TOOL_PACKAGES = {"sun.tools.", "com.sun.tools.", "sun.security.tools.", "sun.rmi.", "jdk."};

  /** {@code java Application.java}: the compiler's module starts an application. */
  private static final String SOURCE_LAUNCHER = "com.sun.tools.javac.launcher.";

  private JdkTool() {}

  static boolean isRunning() {
    return matches(System.getProperty("jdk.module.main"), System.getProperty("sun.java.command"));
  }

  static boolean matches(String mainModule, String command) {
    String main = command == null ? "" : command.split(" ", 2)[0];
    int slash = main.indexOf('/');
    String mainClass = main.substring(slash + 1);
    if (mainClass.startsWith(SOURCE_LAUNCHER)) {
      return false;
    }
    if (mainModule != null) {
      return mainModule.startsWith("jdk.") || mainModule.startsWith("java.");
    }
    for (String prefix : TOOL_PACKAGES) {
      if (mainClass.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }
}
