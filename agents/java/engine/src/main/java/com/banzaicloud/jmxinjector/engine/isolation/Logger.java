package com.banzaicloud.jmxinjector.engine.isolation;

import java.util.IllegalFormatException;

/** Stands in for the collector's logger, with the methods that the collector calls. */
public final class Logger {

  Logger() {}

  public boolean isTraceEnabled() {
    return false;
  }

  public void trace(String message) {}

  public void trace(String format, Object argument) {}

  public void trace(String format, Object... arguments) {}

  public void info(String format, Object... arguments) {}

  public void warn(String format, Object... arguments) {
    tell(format, arguments);
  }

  public void error(String format, Object... arguments) {
    tell(format, arguments);
  }

  private static void tell(String format, Object[] arguments) {
    try {
      Messages.failure(String.format(format, arguments));
    } catch (IllegalFormatException unformattable) {
      Messages.failure(format);
    }
  }
}
