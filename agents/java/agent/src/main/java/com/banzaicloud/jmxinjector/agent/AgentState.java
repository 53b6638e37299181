package com.banzaicloud.jmxinjector.agent;

import java.util.Properties;

/**
 * What is known of the agent from outside, without HTTP: system properties under one prefix, which an attach client can
 * read ({@code jcmd <pid> VM.system_properties}). {@code state} is also the lock that keeps a second agent away, be it
 * of another version or in another class loader.
 */
final class AgentState {

  static final String PREFIX = "jmx.injector.agent.";

  static final String STARTING = "starting";
  static final String SERVING = "serving";
  static final String FAILED = "failed";

  private static final String[] KEYS = {"state", "reason", "version", "host", "port", "config"};

  private AgentState() {}

  /**
   * Adds every key, empty. In Java 8 an application that iterates over the system properties while one is added fails with
   * a ConcurrentModificationException, so {@code premain} calls this before {@code main} runs; later only values change.
   */
  static void declare() {
    Properties properties = System.getProperties();
    for (String key : KEYS) {
      properties.putIfAbsent(PREFIX + key, "");
    }
  }

  /** True for one caller in this JVM, and again for one after a failure. */
  static boolean claim() {
    declare();
    Properties properties = System.getProperties();
    if (properties.replace(PREFIX + "state", "", STARTING)) {
      return true;
    }
    boolean retried = properties.replace(PREFIX + "state", FAILED, STARTING);
    if (retried) {
      properties.put(PREFIX + "reason", "");
    }
    return retried;
  }

  static void publish(String key, String value) {
    if (value != null) {
      System.getProperties().put(PREFIX + key, value);
    }
  }

  static String describe() {
    StringBuilder text = new StringBuilder();
    for (String key : new String[] {"state", "version", "port"}) {
      String value = System.getProperty(PREFIX + key);
      if (value != null && !value.isEmpty()) {
        text.append(text.length() == 0 ? "" : ", ").append(key).append(' ').append(value);
      }
    }
    return text.toString();
  }
}
