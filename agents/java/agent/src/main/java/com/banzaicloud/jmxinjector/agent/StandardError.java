package com.banzaicloud.jmxinjector.agent;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;

/**
 * All that the agent says. Past {@code System.err}, which applications replace by their loggers; in one write, so that
 * lines do not mix; and never more than a few lines.
 */
final class StandardError {

  private static final int MOST_LINES = 50;

  /** Never closed: the descriptor is the application's. */
  private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.err);

  private static int lines;

  private StandardError() {}

  /** Silent with the system property {@code jmx.injector.quiet} or the environment variable JMX_INJECTOR_QUIET. */
  static synchronized void say(String message) {
    try {
      if (lines >= MOST_LINES || isTrue(System.getProperty("jmx.injector.quiet", System.getenv("JMX_INJECTOR_QUIET")))) {
        return;
      }
      lines++;
      String last = lines == MOST_LINES ? " (this is the last line that the agent writes)" : "";
      String line = "jmx-injector: " + message.replaceAll("\\s*[\\r\\n]+\\s*", " ") + last + "\n";
      OUT.write(line.getBytes("UTF-8"));
    } catch (IOException | RuntimeException unwritable) {
      // There is nobody left to tell.
    }
  }

  private static boolean isTrue(String value) {
    return "true".equalsIgnoreCase(value) || "1".equals(value);
  }
}
