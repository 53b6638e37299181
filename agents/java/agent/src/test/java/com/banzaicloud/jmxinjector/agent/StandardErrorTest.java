package com.banzaicloud.jmxinjector.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StandardErrorTest {

  @Test
  void theBudgetRefillsWithTheHour() {
    long hour = TimeUnit.HOURS.toNanos(1);
    long now = System.nanoTime() + 2 * hour;
    assertEquals(StandardError.MOST_LINES, linesWithin(now));
    assertEquals(0, linesWithin(now + hour - 1));
    assertEquals(StandardError.MOST_LINES, linesWithin(now + hour));
  }

  private static int linesWithin(long now) {
    int lines = 0;
    for (int i = 0; i < 200; i++) {
      if (StandardError.mayWrite(now)) {
        lines++;
      }
    }
    return lines;
  }
}
