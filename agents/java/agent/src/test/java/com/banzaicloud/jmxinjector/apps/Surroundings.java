package com.banzaicloud.jmxinjector.apps;

/** Tells what an application can see of an agent: threads, class loaders, handlers, classes, system properties. */
public final class Surroundings {

  public static void main(String[] args) throws Exception {
    System.out.println("started");
    while (System.in.read() >= 0) {
      // until the test has seen metrics
    }
    System.out.println("loader " + (Thread.currentThread().getContextClassLoader() == ClassLoader.getSystemClassLoader()));
    System.out.println("handler " + Thread.getDefaultUncaughtExceptionHandler());
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getThreadGroup() != null && thread.getThreadGroup().getName().equals("jmx-injector")) {
        System.out.println("thread " + thread.getName().startsWith("jmx-injector-") + " " + thread.isDaemon());
      } else if (!thread.getThreadGroup().getName().matches("system|main|InnocuousThreadGroup")
          || thread.getName().startsWith("prometheus")) {
        System.out.println("stray " + thread);
      }
    }
    for (String name : new String[] {"io.prometheus.jmx.JmxCollector", "org.yaml.snakeyaml.Yaml",
        "com.banzaicloud.jmxinjector.shaded.snakeyaml.Yaml", "com.banzaicloud.jmxinjector.engine.Engine"}) {
      try {
        System.out.println("visible " + Class.forName(name));
      } catch (ClassNotFoundException hidden) {
        System.out.println("hidden " + name);
      }
    }
    System.getProperties().stringPropertyNames().stream()
        .filter(name -> name.startsWith("sun.net.httpserver") || name.startsWith("jmx.injector.agent."))
        .sorted()
        .forEach(name -> System.out.println("property " + name));
  }
}
