package com.banzaicloud.jmxinjector.engine;

import com.banzaicloud.jmxinjector.engine.isolation.Messages;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.concurrent.TimeUnit;

/** What a scrape answers: the agent's own metrics, the JVM's, and those that the configuration makes of MBeans. */
final class Exposition implements MultiCollector {

  private static final String RELOADS = "jmx_config_reload_";

  /** Looking for deadlocks stops all threads for a time that grows with their number. */
  private static final String DEADLOCKS = "jvm_threads_deadlocked";

  private static final long DEADLOCKS_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final ConfigSource config;
  private final PrometheusRegistry jvm = new PrometheusRegistry();
  private final PrometheusRegistry all = new PrometheusRegistry();
  private MetricSnapshots deadlocks;
  private long deadlocksReadAt;

  Exposition(ConfigSource config, String version) {
    this.config = config;
    Info.builder()
        .name("jmx_injector_agent_info")
        .help("The agent that serves these metrics.")
        .labelNames("version")
        .register(jvm)
        .setLabelValues(version);
    JvmMetrics.builder().register(jvm);
    all.register(this);
  }

  PrometheusRegistry registry() {
    return all;
  }

  @Override
  public MetricSnapshots collect() {
    config.refresh();
    MetricSnapshots.Builder answer = MetricSnapshots.builder();
    answer.metricSnapshot(
        gauge("jmx_exporter_config_valid", "1 if the configuration file is in force as it is now.", config.isValid()));
    answer.metricSnapshot(reloads("success", config.reloads()));
    answer.metricSnapshot(reloads("failure", config.failures()));
    add(answer, jvm.scrape(name -> !name.startsWith(DEADLOCKS)));
    add(answer, deadlocks());
    try {
      for (MetricSnapshots part : config.current().collect()) {
        add(answer, part);
      }
    } catch (RuntimeException | LinkageError failure) {
      // The collector reports what MBeans do wrong by jmx_scrape_error itself; this is for the rest.
      Messages.failure("collecting from MBeans failed:", failure);
      add(answer, MetricSnapshots.of(gauge("jmx_scrape_error", "Non-zero if this scrape failed.", true)));
    }
    return answer.build();
  }

  /** At most a minute old. */
  private synchronized MetricSnapshots deadlocks() {
    if (deadlocks == null || System.nanoTime() - deadlocksReadAt > DEADLOCKS_NANOS) {
      deadlocks = jvm.scrape(name -> name.startsWith(DEADLOCKS));
      deadlocksReadAt = System.nanoTime();
    }
    return deadlocks;
  }

  /** The first metric of a name stays: two of one name would make the whole answer invalid. */
  private static void add(MetricSnapshots.Builder answer, MetricSnapshots part) {
    for (MetricSnapshot snapshot : part) {
      String name = snapshot.getMetadata().getPrometheusName();
      if (name.startsWith(RELOADS)) {
        // The collector counts reloads of its own, which do not happen: the file is ours to watch.
        continue;
      }
      if (answer.containsMetricName(name)) {
        Messages.failure("metric " + name + " of the configuration is left out: the agent serves one of this name", null);
      } else {
        answer.metricSnapshot(snapshot);
      }
    }
  }

  private static CounterSnapshot reloads(String outcome, long count) {
    return CounterSnapshot.builder()
        .name(RELOADS + outcome)
        .help("Number of times the configuration file was read anew: " + outcome + ".")
        .dataPoint(CounterDataPointSnapshot.builder().value(count).build())
        .build();
  }

  private static GaugeSnapshot gauge(String name, String help, boolean value) {
    return GaugeSnapshot.builder()
        .name(name)
        .help(help)
        .dataPoint(GaugeDataPointSnapshot.builder().value(value ? 1 : 0).build())
        .build();
  }
}
