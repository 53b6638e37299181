package com.banzaicloud.jmxinjector.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsServerTest {

  public interface StuckMBean {
    int getCount();
  }

  public static final class Stuck implements StuckMBean {
    final CountDownLatch release = new CountDownLatch(1);

    @Override
    public int getCount() {
      try {
        release.await();
      } catch (InterruptedException ended) {
        Thread.currentThread().interrupt();
      }
      return 42;
    }
  }

  @TempDir Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private int port;

  @Test
  void answersWhileAnMBeanKeepsScrapesWaiting() throws Exception {
    Path config = folder.resolve("config.yaml");
    Files.writeString(config, "includeObjectNames: ['com.example:type=Stuck']\nrules: [{pattern: '.*', name: stuck}]\n");
    ObjectName name = new ObjectName("com.example:type=Stuck");
    Stuck stuck = new Stuck();
    ManagementFactory.getPlatformMBeanServer().registerMBean(stuck, name);
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    HttpServer http = Port.take(address, new BindRetry(0, pause -> {}));
    MetricsServer server = MetricsServer.start(http, new Exposition(new ConfigSource(config, line -> {}), "test").registry());
    port = server.port();
    try {
      List<CompletableFuture<HttpResponse<String>>> scrapes = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        scrapes.add(ask("/metrics"));
      }
      for (int i = 0; i < 10; i++) {
        for (String path : new String[] {"/-/healthy", "/-/ready"}) {
          HttpResponse<String> answer = ask(path).get(10, TimeUnit.SECONDS);
          assertEquals(200, answer.statusCode(), path);
        }
      }
      // One more scrape than fit is refused and not kept; three are kept until the bean answers.
      HttpResponse<String> refused = ask("/metrics").get(10, TimeUnit.SECONDS);
      assertEquals(503, refused.statusCode());
      assertEquals("Busy with 3 scrapes that are not done yet\n", refused.body());
      stuck.release.countDown();
      int served = 0;
      for (CompletableFuture<HttpResponse<String>> scrape : scrapes) {
        HttpResponse<String> answer = scrape.get(10, TimeUnit.SECONDS);
        if (answer.statusCode() == 200) {
          served++;
          assertTrue(answer.body().contains("\nstuck 42.0\n"), answer.body());
        } else {
          assertEquals(503, answer.statusCode());
        }
      }
      assertEquals(3, served);
      assertEquals(200, ask("/metrics").get(10, TimeUnit.SECONDS).statusCode());
    } finally {
      stuck.release.countDown();
      server.stop();
      ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
    }
  }

  private CompletableFuture<HttpResponse<String>> ask(String path) {
    URI uri = URI.create("http://" + InetAddress.getLoopbackAddress().getHostAddress() + ":" + port + path);
    return client.sendAsync(
        HttpRequest.newBuilder(uri).version(HttpClient.Version.HTTP_1_1).timeout(Duration.ofSeconds(20)).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
