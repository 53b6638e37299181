package com.banzaicloud.jmxinjector.agent;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.security.CodeSource;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;

/**
 * Loads the engine from the folder {@code engine/} of the agent's own jar. Its parent is the platform, not the
 * application: neither side sees the other's classes, whatever versions of the same libraries they bring.
 */
final class EngineLoader extends ClassLoader {

  private static final String FOLDER = "engine/";

  private final JarFile jar;

  private EngineLoader(JarFile jar, ClassLoader parent) {
    super(parent);
    this.jar = jar;
  }

  static EngineLoader open() throws IOException, URISyntaxException {
    CodeSource source = EngineLoader.class.getProtectionDomain().getCodeSource();
    if (source == null || source.getLocation() == null) {
      throw new IOException("the agent does not know the jar it was loaded from");
    }
    return new EngineLoader(new JarFile(new File(source.getLocation().toURI())), parent());
  }

  /** The platform class loader (in Java 8 the extension class loader): the last above the application's. */
  static ClassLoader parent() {
    ClassLoader loader = ClassLoader.getSystemClassLoader();
    while (loader.getParent() != null) {
      loader = loader.getParent();
    }
    return loader;
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] bytes = new byte[Math.max(in.available(), 4096)];
      int length = 0;
      for (int read; (read = in.read(bytes, length, bytes.length - length)) >= 0; ) {
        length += read;
        if (length == bytes.length) {
          bytes = java.util.Arrays.copyOf(bytes, length * 2);
        }
      }
      return defineClass(name, bytes, 0, length);
    } catch (IOException failure) {
      throw new ClassNotFoundException(name, failure);
    }
  }

  /** Ours only: a file that the application happens to have by the same name must not configure us. */
  @Override
  public InputStream getResourceAsStream(String name) {
    ZipEntry entry = jar.getEntry(FOLDER + name);
    try {
      return entry == null ? null : jar.getInputStream(entry);
    } catch (IOException unreadable) {
      return null;
    }
  }
}
