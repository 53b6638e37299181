package com.banzaicloud.jmxinjector.agent;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * All that the agent says. Past {@code System.err}, which applications replace by their loggers; in one write, so that
 * lines do not mix; and never more than a few lines an hour.
 */
final class StandardError {

  static final int MOST_LINES = 50;
  private static final long WINDOW_NANOS = TimeUnit.HOURS.toNanos(1);

  /** Never closed: the descriptor is the application's. */
  private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.err);

  private static int lines;
  private static long windowStart = System.nanoTime();

  private StandardError() {}

  /** Silent with the system property {@code jmx.injector.quiet} or the environment variable JMX_INJECTOR_QUIET. */
  static synchronized void say(String message) {
    try {
      if (isTrue(System.getProperty("jmx.injector.quiet", System.getenv("JMX_INJECTOR_QUIET"))) || !mayWrite(System.nanoTime())) {
        return;
      }
      String last = lines == MOST_LINES ? " (the agent writes no more lines within this hour)" : "";
      String line = "jmx-injector: " + message.replaceAll("\\s*[\\r\\n]+\\s*", " ") + last + "\n";
      OUT.write(line.getBytes("UTF-8"));
    } catch (IOException | RuntimeException unwritable) {
      // There is nobody left to tell.
    }
  }

  /** Whether one more line is within the budget, which it then takes from. */
  static synchronized boolean mayWrite(long now) {
    if (now - windowStart >= WINDOW_NANOS) {
      windowStart = now;
      lines = 0;
    }
    if (lines >= MOST_LINES) {
      return false;
    }
    lines++;
    return true;
  }

  private static boolean isTrue(String value) {
    return "true".equalsIgnoreCase(value) || "1".equals(value);
  }
}
