/**
 * Stand-ins for classes that the libraries use and that would reach beyond the agent. When the jar is built, references
 * to the originals are renamed to these:
 *
 * <ul>
 *   <li>{@code java.util.logging}: using it would choose the application's log manager before the application does.
 *   <li>{@code io.prometheus.jmx.logger}: the collector's messages become the agent's.
 *   <li>{@code PrometheusPropertiesLoader}: settings that the application makes for its own Prometheus client (system
 *       properties, environment, files) must not change, or break, the agent.
 * </ul>
 */
package com.banzaicloud.jmxinjector.engine.isolation;
