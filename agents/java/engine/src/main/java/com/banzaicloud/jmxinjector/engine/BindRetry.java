package com.banzaicloud.jmxinjector.engine;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** Binds a port that may be in use for a while: the JVM before this one may be ending. */
final class BindRetry {

  /** Opens a server, or says that the port is in use. */
  interface Attempt<T> {
    T bind() throws IOException;
  }

  /** Waits; replaced in tests. */
  interface Sleeper {
    void sleep(long milliseconds) throws InterruptedException;
  }

  private static final long FIRST_PAUSE_MS = 500;
  private static final long LONGEST_PAUSE_MS = 8_000;

  private final long totalMs;
  private final Sleeper sleeper;

  BindRetry(long totalMs, Sleeper sleeper) {
    this.totalMs = totalMs;
    this.sleeper = sleeper;
  }

  static BindRetry standard() {
    return new BindRetry(TimeUnit.MINUTES.toMillis(1), Thread::sleep);
  }

  /** @throws IOException when the port was still in use in the end, or could not be bound for another reason */
  <T> T run(InetSocketAddress address, Attempt<T> attempt) throws IOException, InterruptedException {
    long waited = 0;
    long pause = FIRST_PAUSE_MS;
    while (true) {
      try {
        return attempt.bind();
      } catch (BindException failure) {
        if (waited >= totalMs) {
          throw new Refusal(
              "port " + address.getPort() + " could not be bound for " + waited / 1000 + " s ("
                  + failure.getMessage() + "); choose another port, or end the process that holds it",
              failure);
        }
      }
      long thisPause = Math.min(pause, totalMs - waited);
      sleeper.sleep(thisPause);
      waited += thisPause;
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }
}
