package com.banzaicloud.jmxinjector.engine;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PortTest {

  @Test
  void retriesLeaveNoDescriptorOpen() throws Exception {
    UnixOperatingSystemMXBean system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    try (ServerSocket holder = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      InetSocketAddress address = (InetSocketAddress) holder.getLocalSocketAddress();
      AtomicInteger tries = new AtomicInteger();
      // The first run loads classes.
      assertThrows(IOException.class, () -> Port.take(address, new BindRetry(0, pause -> {})));
      long before = system.getOpenFileDescriptorCount();
      assertThrows(
          IOException.class,
          () -> Port.take(address, new BindRetry(2_000_000, pause -> tries.incrementAndGet())));
      assertTrue(tries.get() > 200, tries.toString());
      long more = system.getOpenFileDescriptorCount() - before;
      assertTrue(more < 20, tries + " tries left " + more + " descriptors open");
    }
  }

  @Test
  void takesAFreePortAndAnswersNobodyYet() throws Exception {
    HttpServer server = Port.take(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), new BindRetry(0, pause -> {}));
    int port = server.getAddress().getPort();
    assertTrue(port > 0);
    // As after a failure between taking the port and serving.
    Port.release(server);
    new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
  }

  @Test
  void refusesAProviderNamedByTheApplication() {
    String key = "com.sun.net.httpserver.HttpServerProvider";
    assertDoesNotThrow(Port::refuseForeignProvider);
    System.setProperty(key, "org.example.Provider");
    try {
      Refusal refusal = assertThrows(Refusal.class, Port::refuseForeignProvider);
      assertEquals(
          "the application brings its own " + key + " (org.example.Provider), which the agent must not start",
          refusal.toString());
    } finally {
      System.clearProperty(key);
    }
  }
}
