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

  private AgentState() {}

  /** True for one caller in this JVM, and again for one after a failure. */
  static boolean claim() {
    Properties properties = System.getProperties();
    if (properties.putIfAbsent(PREFIX + "state", STARTING) == null) {
      return true;
    }
    boolean retried = properties.replace(PREFIX + "state", FAILED, STARTING);
    if (retried) {
      properties.remove(PREFIX + "reason");
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
      if (value != null) {
        text.append(text.length() == 0 ? "" : ", ").append(key).append(' ').append(value);
      }
    }
    return text.toString();
  }
}
