package com.banzaicloud.jmxinjector.engine;

import io.prometheus.jmx.JmxCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** A configuration in the upstream exporter's format, made into a collector. */
final class CollectorConfig {

  private static final Set<String> KNOWN =
      new HashSet<>(
          Arrays.asList(
              "startDelaySeconds", "username", "password", "ssl", "lowercaseOutputName", "lowercaseOutputLabelNames",
              "inferCounterTypeFromName", "includeObjectNames", "whitelistObjectNames", "excludeObjectNames",
              "blacklistObjectNames", "includeObjectNameAttributes", "excludeObjectNameAttributes",
              "autoExcludeObjectNameAttributes", "excludeJvmMetrics", "metricCustomizers", "rules"));

  /** The upstream agent obeys these; to serve without them would silently drop what the user asked for. */
  private static final List<String> NOT_HONOURED = Arrays.asList("httpServer", "openTelemetry");

  private static final List<String> REMOTE = Arrays.asList("jmxUrl", "hostPort");

  /** Where it comes from, in words. */
  final String origin;

  private final JmxCollector collector;

  /** What the collector counts of its own work. */
  private final PrometheusRegistry ownMetrics;

  /** What the user should know, though the configuration is used. */
  final List<String> warnings;

  private CollectorConfig(
      String origin, JmxCollector collector, PrometheusRegistry ownMetrics, List<String> warnings) {
    this.origin = origin;
    this.collector = collector;
    this.ownMetrics = ownMetrics;
    this.warnings = warnings;
  }

  /** The metrics of the MBeans, and then those of this very collection. */
  List<MetricSnapshots> collect() {
    MetricSnapshots beans = collector.collect();
    return Arrays.asList(beans, ownMetrics.scrape());
  }

  static CollectorConfig parse(String origin, String yaml) throws ConfigException {
    try {
      List<String> warnings = check(new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml));
      PrometheusRegistry ownMetrics = new PrometheusRegistry();
      JmxCollector collector = new JmxCollector(yaml).register(ownMetrics);
      // Registered together, its own metrics would be those of the scrape before.
      ownMetrics.unregister(collector);
      return new CollectorConfig(origin, collector, ownMetrics, warnings);
    } catch (ConfigException failure) {
      throw failure;
    } catch (Exception | LinkageError failure) {
      // The collector's own checks throw of all kinds, a ClassCastException for a wrong type among them.
      throw new ConfigException(failure.toString(), failure);
    }
  }

  private static List<String> check(Object document) throws ConfigException {
    List<String> warnings = new ArrayList<>();
    if (document == null) {
      return warnings;
    }
    if (!(document instanceof Map)) {
      throw new ConfigException("the document is no mapping; expected keys such as includeObjectNames and rules");
    }
    Map<?, ?> keys = (Map<?, ?>) document;
    for (String key : NOT_HONOURED) {
      if (keys.containsKey(key)) {
        throw new ConfigException("section " + key + " is not supported by this agent; remove it");
      }
    }
    for (String key : REMOTE) {
      Object value = keys.get(key);
      if (value != null && !value.toString().isEmpty()) {
        throw new ConfigException(key + " is not supported: an agent reads the JVM that it runs in; remove it");
      }
    }
    for (Object key : keys.keySet()) {
      String name = String.valueOf(key);
      if (!KNOWN.contains(name) && !REMOTE.contains(name)) {
        warnings.add("key \"" + name + "\" is unknown and ignored; known are " + new TreeSet<>(KNOWN));
      }
    }
    return warnings;
  }
}
