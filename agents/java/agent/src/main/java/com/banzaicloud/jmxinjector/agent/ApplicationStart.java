package com.banzaicloud.jmxinjector.agent;

import java.lang.instrument.Instrumentation;
import java.util.concurrent.TimeUnit;

/**
 * Waits until the agent's work cannot disturb the start of the application.
 *
 * <p>The trap: the platform MBean server initialises {@code java.util.logging.LogManager}, which can be chosen only once.
 * WildFly and Quarkus choose theirs early in their own {@code main} and fail, or log wrongly, when it is too late. So the
 * agent waits until the log manager is there, or the application had time to choose one.
 */
final class ApplicationStart {

  private static final long MAIN_DEADLINE_MS = 10_000;

  /** Enough for a {@code main} that sets a property first; nobody scrapes earlier. */
  private static final long GRACE_MS = 2_000;

  /** For launchers known to bring their own log manager. */
  private static final long OWN_LOG_MANAGER_DEADLINE_MS = 60_000;

  /** Part of every log manager from its construction on. LogManager itself is loaded, unused, by mere references. */
  private static final String LOG_MANAGER_PART = "java.util.logging.LogManager$SystemLoggerContext";

  private static final String LOG_MANAGER_PROPERTY = "java.util.logging.manager";
  private static final String[] LAUNCHERS = {"org.jboss.", "io.quarkus.", "org.wildfly."};

  private final Thread main;
  private final Instrumentation instrumentation;

  ApplicationStart(Thread main, Instrumentation instrumentation) {
    this.main = main;
    this.instrumentation = instrumentation;
  }

  /** Returns when {@code main} runs or has ended. A native program that embeds the JVM has none: hence the deadline. */
  void awaitMain() throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MAIN_DEADLINE_MS);
    while (main != null && main.isAlive() && !runsMain(main.getStackTrace()) && System.nanoTime() < deadline) {
      Thread.sleep(50);
    }
  }

  /** The launcher's own frames lie at the bottom of the stack until it calls {@code main}. */
  static boolean runsMain(StackTraceElement[] stack) {
    if (stack.length == 0) {
      return false;
    }
    String bottom = stack[stack.length - 1].getClassName();
    return !bottom.startsWith("sun.launcher.") && !bottom.startsWith("sun.instrument.") && !bottom.startsWith("java.lang.");
  }

  void awaitSettled() throws InterruptedException {
    long start = System.nanoTime();
    while (!isLoaded(LOG_MANAGER_PART)) {
      long waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      boolean ownLogManager =
          bringsLogManager(System.getProperty("sun.java.command"), System.getProperty(LOG_MANAGER_PROPERTY));
      // A JVM that we were loaded into is past its start, unless its launcher is one of those that take their time.
      long enough = ownLogManager ? OWN_LOG_MANAGER_DEADLINE_MS : main == null ? 0 : GRACE_MS;
      if (waited >= enough) {
        return;
      }
      Thread.sleep(200);
    }
  }

  /** Whether the application will set a log manager that the system class loader alone cannot load. */
  static boolean bringsLogManager(String command, String property) {
    if (property != null) {
      return ClassLoader.getSystemResource(property.replace('.', '/') + ".class") == null;
    }
    if (command == null) {
      return false;
    }
    for (String prefix : LAUNCHERS) {
      if (command.startsWith(prefix)) {
        return true;
      }
    }
    return command.contains("jboss-modules.jar") || command.contains("quarkus-run.jar");
  }

  private boolean isLoaded(String className) {
    Class<?>[] all = instrumentation.getAllLoadedClasses();
    if (all == null) {
      // Seen when the JVM is ending.
      return false;
    }
    for (Class<?> loaded : all) {
      if (loaded.getName().equals(className)) {
        return true;
      }
    }
    return false;
  }
}
