package com.banzaicloud.jmxinjector.engine;

import java.io.IOException;

/** A reason not to serve that is no fault of the program: its text alone is what the user is told. */
final class Refusal extends IOException {

  Refusal(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public String toString() {
    return getMessage();
  }
}
