package com.banzaicloud.jmxinjector.agent;

import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** What the agent does, in order. Nothing leaves {@link #run}: a failure is one line on standard error and a state. */
final class AgentTask implements Runnable {

  private static final String ENGINE = "com.banzaicloud.jmxinjector.engine.Engine";

  private static final long STAND_BACK_MS = 100;

  private final String argument;
  private final Instrumentation instrumentation;

  /** The thread that runs {@code main}, or null where the agent is loaded into a JVM that runs. */
  private final Thread main;

  AgentTask(String argument, Instrumentation instrumentation, Thread main) {
    this.argument = argument;
    this.instrumentation = instrumentation;
    this.main = main;
  }

  @Override
  public void run() {
    boolean claimed = false;
    try {
      if (main != null) {
        // Most JVMs that end soon end here, and have paid for a thread and nothing else.
        Thread.sleep(STAND_BACK_MS);
      }
      if (JdkTool.isRunning()) {
        return;
      }
      ApplicationStart application = new ApplicationStart(main, instrumentation);
      // A JVM without a command line is "java -version" or embedded: tell which before saying anything.
      application.awaitMain();

      claimed = AgentState.claim();
      if (!claimed) {
        StandardError.say("already running in this JVM: " + AgentState.describe() + "; \"" + argument + "\" ignored");
        return;
      }
      AgentState.publish("version", version());
      AgentArgument parsed = AgentArgument.parse(argument);
      String missing = missingModule();
      if (missing != null) {
        throw new Refusal("this Java runtime has no module " + missing + ", which the agent needs");
      }
      application.awaitSettled();
      startEngine(parsed);
    } catch (Throwable failure) {
      report(failure, claimed);
    }
  }

  /** The engine's own classes, in a class loader that the application cannot see into. Returns when it serves. */
  private static void startEngine(AgentArgument argument) throws Throwable {
    Class<?> engine = EngineLoader.open().loadClass(ENGINE);
    try {
      engine
          .getMethod("start", String.class, int.class, String.class, String.class, BiConsumer.class, Consumer.class)
          .invoke(null, argument.host, argument.port, argument.config, version(), new Publisher(), new Speaker());
    } catch (InvocationTargetException wrapped) {
      throw wrapped.getCause();
    }
  }

  private static void report(Throwable failure, boolean claimed) {
    // The message of our own refusals and of bad arguments says all; others need their kind as well.
    boolean ours = failure instanceof Refusal || failure instanceof IllegalArgumentException;
    String reason = ours && failure.getMessage() != null ? failure.getMessage() : String.valueOf(failure);
    try {
      if (claimed) {
        AgentState.publish("reason", reason);
        AgentState.publish("state", AgentState.FAILED);
      }
    } finally {
      StandardError.say("no metrics are served: " + reason);
    }
  }

  private static String missingModule() {
    ClassLoader loader = EngineLoader.parent();
    if (!has("java.lang.management.ManagementFactory", loader)) {
      return "java.management";
    }
    return has("com.sun.net.httpserver.HttpServer", loader) ? null : "jdk.httpserver";
  }

  private static boolean has(String className, ClassLoader loader) {
    try {
      Class.forName(className, false, loader);
      return true;
    } catch (ClassNotFoundException | LinkageError absent) {
      return false;
    }
  }

  private static String version() {
    Package ours = AgentTask.class.getPackage();
    String version = ours == null ? null : ours.getImplementationVersion();
    return version == null ? "unknown" : version;
  }

  /** A reason not to serve that is no fault of the program. */
  private static final class Refusal extends RuntimeException {
    Refusal(String message) {
      super(message);
    }
  }

  private static final class Publisher implements BiConsumer<String, String> {
    @Override
    public void accept(String key, String value) {
      AgentState.publish(key, value);
    }
  }

  private static final class Speaker implements Consumer<String> {
    @Override
    public void accept(String line) {
      StandardError.say(line);
    }
  }
}
