package com.banzaicloud.jmxinjector.agent;

import java.lang.instrument.Instrumentation;

/**
 * Where the JVM enters. Both methods return at once: all work is done on a daemon thread.
 *
 * <p>Classes of this package are on the application's class path and run while it starts, so they are few and small, and
 * use neither lambdas nor logging.
 */
public final class Agent {

  private Agent() {}

  /** The JVM starts with {@code -javaagent}; this is the thread that will run {@code main}. */
  public static void premain(String argument, Instrumentation instrumentation) {
    try {
      AgentState.declare();
    } catch (Throwable failure) {
      // Declared again, and reported if it fails again, where the agent uses them.
    }
    start(new AgentTask(argument, instrumentation, Thread.currentThread()));
  }

  /** The agent is loaded into a JVM that runs. */
  public static void agentmain(String argument, Instrumentation instrumentation) {
    start(new AgentTask(argument, instrumentation, null));
  }

  private static void start(AgentTask task) {
    try {
      Thread thread = new Thread(threadGroup(), task, "jmx-injector-agent");
      thread.setDaemon(true);
      thread.setPriority(Thread.MIN_PRIORITY);
      thread.start();
    } catch (Throwable failure) {
      // A JVM that cannot start a thread has worse troubles than missing metrics.
      StandardError.say("not started: " + failure);
    }
  }

  /** A group of our own beneath the root: no application that walks its own group finds our threads there. */
  private static ThreadGroup threadGroup() {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    while (group.getParent() != null) {
      group = group.getParent();
    }
    return new ThreadGroup(group, "jmx-injector");
  }
}
