package com.banzaicloud.jmxinjector.apps;

import java.util.logging.LogManager;

/** Chooses a log manager late in {@code main}, as application servers do. */
public final class OwnLogManager {

  public static final class Manager extends LogManager {}

  public static void main(String[] args) throws Exception {
    // Time in which an agent must not have chosen another one.
    Thread.sleep(1000);
    System.setProperty("java.util.logging.manager", "com.banzaicloud.jmxinjector.apps.OwnLogManager$Manager");
    System.out.println(LogManager.getLogManager().getClass().getSimpleName());
    while (System.in.read() >= 0) {
      // until the test closes it
    }
  }
}
