package com.banzaicloud.jmxinjector.engine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * The configuration in force. The file is read again with a scrape when it has changed: a mounted ConfigMap is changed by
 * swapping a symbolic link, so the resolved path counts as well as time and size. A file that cannot be used leaves the
 * last good one, or in the beginning the preset, in force.
 */
final class ConfigSource {

  private static final String PRESET = "jvm";

  /** A ConfigMap holds at most 1 MiB. */
  private static final int MOST_BYTES = 1 << 20;

  private final Path file;
  private final Consumer<String> say;

  private CollectorConfig current;
  private boolean valid = true;
  private long reloads;
  private long failures;
  private String seen;
  private String complaint;

  /** @param file null: the preset, for good */
  ConfigSource(Path file, Consumer<String> say) throws IOException {
    this.file = file;
    this.say = say;
    this.current = preset(PRESET);
    refresh();
  }

  synchronized CollectorConfig current() {
    return current;
  }

  /** False where a file is named that cannot be used as it is now. */
  synchronized boolean isValid() {
    return valid;
  }

  /** How often a changed file was taken up. */
  synchronized long reloads() {
    return reloads;
  }

  /** How often a file that cannot be used was found, each fault counted once. */
  synchronized long failures() {
    return failures;
  }

  /** Takes up the file when it has changed. */
  synchronized void refresh() {
    if (file == null) {
      return;
    }
    try {
      String stamp = stamp();
      if (stamp.equals(seen)) {
        return;
      }
      boolean first = seen == null && complaint == null;
      CollectorConfig next = CollectorConfig.parse(file.toString(), read());
      seen = stamp;
      current = next;
      valid = true;
      complaint = null;
      for (String warning : next.warnings) {
        say.accept("configuration " + file + ": " + warning);
      }
      if (!first) {
        reloads++;
        say.accept("configuration " + file + " taken up");
      }
    } catch (NoSuchFileException failure) {
      complain("the file does not exist");
    } catch (AccessDeniedException failure) {
      complain("the file cannot be read: permission denied");
    } catch (IOException failure) {
      complain(failure.toString());
    } catch (ConfigException failure) {
      complain(failure.getMessage());
    }
  }

  private void complain(String reason) {
    valid = false;
    // Not remembered as seen: parsing a bad file again at each scrape is cheap, and a half-written one heals.
    seen = null;
    if (!reason.equals(complaint)) {
      complaint = reason;
      failures++;
      say.accept("configuration " + file + " is not usable: " + reason + "; in force: " + current.origin);
    }
  }

  private String stamp() throws IOException {
    Path real = file.toRealPath();
    return real + " " + Files.getLastModifiedTime(real).toMillis() + " " + Files.size(real);
  }

  private String read() throws IOException, ConfigException {
    try (InputStream in = Files.newInputStream(file)) {
      return read(in);
    }
  }

  private static String read(InputStream in) throws IOException, ConfigException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    for (int length; (length = in.read(buffer)) >= 0; ) {
      content.write(buffer, 0, length);
      if (content.size() > MOST_BYTES) {
        throw new ConfigException("the file has more than " + MOST_BYTES + " bytes");
      }
    }
    return new String(content.toByteArray(), StandardCharsets.UTF_8);
  }

  private static CollectorConfig preset(String name) throws IOException {
    String resource = "com/banzaicloud/jmxinjector/engine/presets/" + name + ".yaml";
    try (InputStream in = ConfigSource.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new IOException("the agent's jar holds no preset \"" + name + "\"");
      }
      return CollectorConfig.parse("the built-in preset " + name, read(in));
    } catch (ConfigException failure) {
      throw new IOException("preset \"" + name + "\": " + failure.getMessage(), failure);
    }
  }
}
