package com.banzaicloud.jmxinjector.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigSourceTest {

  private static final String PRESET = "the built-in preset jvm";

  @TempDir Path folder;
  private final List<String> said = new ArrayList<>();

  @Test
  void withoutAFileThePresetIsMeant() throws IOException {
    ConfigSource source = new ConfigSource(null, said::add);
    assertEquals(PRESET, source.current().origin);
    assertTrue(source.isValid());
  }

  @Test
  void aMissingFileIsTakenUpWhenItComes() throws IOException {
    Path file = folder.resolve("config.yaml");
    ConfigSource source = new ConfigSource(file, said::add);
    assertEquals(PRESET, source.current().origin);
    assertFalse(source.isValid());
    source.refresh();
    assertEquals(1, said.size(), "told once: " + said);

    write(file, "rules: []");
    source.refresh();
    assertEquals(file.toString(), source.current().origin);
    assertTrue(source.isValid());
    assertEquals(1, source.reloads());
  }

  @Test
  void aBadFileKeepsTheLastGoodOne() throws IOException {
    Path file = folder.resolve("config.yaml");
    write(file, "rules: []");
    ConfigSource source = new ConfigSource(file, said::add);
    CollectorConfig good = source.current();

    write(file, "rules: [ and so on");
    source.refresh();
    source.refresh();
    assertSame(good, source.current());
    assertFalse(source.isValid());
    assertEquals(1, source.failures(), "one fault, counted once");

    write(file, "rules: []\nlowercaseOutputName: true");
    source.refresh();
    assertNotSame(good, source.current());
    assertTrue(source.isValid());
  }

  @Test
  void aRemovedFileKeepsTheLastGoodOne() throws IOException {
    Path file = folder.resolve("config.yaml");
    write(file, "rules: []");
    ConfigSource source = new ConfigSource(file, said::add);
    CollectorConfig good = source.current();
    Files.delete(file);
    source.refresh();
    assertSame(good, source.current());
    assertFalse(source.isValid());
  }

  /** As the kubelet does: config.yaml -> ..data/config.yaml, ..data -> a folder; only ..data is replaced. */
  @Test
  void seesASwappedSymbolicLink() throws IOException {
    Path first = Files.createDirectory(folder.resolve("..1"));
    Path second = Files.createDirectory(folder.resolve("..2"));
    write(first.resolve("config.yaml"), "rules: []");
    write(second.resolve("config.yaml"), "rules: []");
    Files.setLastModifiedTime(second.resolve("config.yaml"), Files.getLastModifiedTime(first.resolve("config.yaml")));
    Path data = Files.createSymbolicLink(folder.resolve("..data"), first.getFileName());
    Path file = Files.createSymbolicLink(folder.resolve("config.yaml"), folder.getFileSystem().getPath("..data/config.yaml"));
    ConfigSource source = new ConfigSource(file, said::add);
    CollectorConfig old = source.current();
    source.refresh();
    assertSame(old, source.current());

    Path next = Files.createSymbolicLink(folder.resolve("..data_tmp"), second.getFileName());
    Files.move(next, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    source.refresh();
    assertNotSame(old, source.current());
  }

  @Test
  void refusesAFileWithoutEnd() throws IOException {
    Path file = folder.resolve("config.yaml");
    Files.write(file, new byte[(1 << 20) + 1]);
    ConfigSource source = new ConfigSource(file, said::add);
    assertFalse(source.isValid());
    assertTrue(said.get(0).contains("more than 1048576 bytes"), said.get(0));
  }

  private static void write(Path file, String text) throws IOException {
    Files.write(file, text.getBytes(StandardCharsets.UTF_8));
  }
}
