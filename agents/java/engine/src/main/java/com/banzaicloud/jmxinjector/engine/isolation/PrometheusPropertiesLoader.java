package com.banzaicloud.jmxinjector.engine.isolation;

import io.prometheus.metrics.config.MetricsProperties;
import io.prometheus.metrics.config.PrometheusProperties;

/** The Prometheus client's defaults, whatever the application sets for its own, and no exemplars: they cost a thread. */
public final class PrometheusPropertiesLoader {

  private PrometheusPropertiesLoader() {}

  public static PrometheusProperties load() {
    return PrometheusProperties.builder()
        .defaultMetricsProperties(MetricsProperties.builder().exemplarsEnabled(false).build())
        .build();
  }
}
