package com.banzaicloud.jmxinjector.engine.isolation.jul;

import com.banzaicloud.jmxinjector.engine.isolation.Messages;

/** Stands in for java.util.logging.Logger, with the methods that the libraries call. */
public final class Logger {

  private static final Logger LOGGER = new Logger();

  private Logger() {}

  public static Logger getLogger(String name) {
    return LOGGER;
  }

  public boolean isLoggable(Level level) {
    return level != Level.FINE;
  }

  public void log(Level level, String message) {
    log(level, message, null);
  }

  public void log(Level level, String message, Throwable thrown) {
    if (isLoggable(level)) {
      Messages.failure(message, thrown);
    }
  }
}
