# The image of jmx-injector: the program, the libraries that it is linked against, and the agent jar. No shell, no package manager.
#   docker build -t jmx-injector:0.1.0 .
# image/build.sh makes the same image without Docker; image/layout.sh lays out the files for both.

FROM rust:1.95.0-bookworm AS program
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin jmx-injector && cp target/release/jmx-injector /jmx-injector

FROM maven:3.9-eclipse-temurin-17 AS agent
WORKDIR /src/agents/java
COPY agents/java .
RUN --mount=type=cache,target=/root/.m2 \
    mvn --batch-mode --no-transfer-progress -DskipTests package

FROM program AS files
COPY --from=agent /src/agents/java/target/jmx-injector-agent.jar /jmx-injector-agent.jar
RUN image/layout.sh /rootfs /jmx-injector /jmx-injector-agent.jar

FROM scratch
COPY --from=files /rootfs/ /
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/jmx-injector"]
