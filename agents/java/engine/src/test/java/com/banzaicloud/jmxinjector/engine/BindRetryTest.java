package com.banzaicloud.jmxinjector.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class BindRetryTest {

  private final List<Long> pauses = new ArrayList<>();
  private final InetSocketAddress address = new InetSocketAddress(9404);

  @Test
  void givesUpAfterGrowingPauses() {
    IOException failure =
        assertThrows(
            IOException.class,
            () ->
                new BindRetry(60_000, pauses::add)
                    .run(address, () -> { throw new BindException("Address already in use"); }));
    assertEquals(Arrays.asList(500L, 1000L, 2000L, 4000L, 8000L, 8000L, 8000L, 8000L, 8000L, 8000L, 4500L), pauses);
    assertTrue(failure.getMessage().startsWith("port 9404 could not be bound for 60 s (Address already in use)"));
  }

  @Test
  void takesThePortOnceItIsFree() throws Exception {
    String bound =
        new BindRetry(60_000, pauses::add)
            .run(
                address,
                () -> {
                  if (pauses.size() < 2) {
                    throw new BindException("Address already in use");
                  }
                  return "bound";
                });
    assertEquals("bound", bound);
    assertEquals(2, pauses.size());
  }

  @Test
  void doesNotRepeatWhatWillNotHeal() {
    assertThrows(
        SocketException.class,
        () ->
            new BindRetry(60_000, pauses::add)
                .run(address, () -> { throw new SocketException("Permission denied"); }));
    assertEquals(0, pauses.size());
  }
}
