package com.banzaicloud.jmxinjector.engine;

/** A configuration that cannot be used; the message says what was found and what was expected. */
final class ConfigException extends Exception {
  ConfigException(String message) {
    super(message);
  }

  ConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
