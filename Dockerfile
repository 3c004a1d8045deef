# One image for parents, children and the `ficus` command: a base and one self-contained executable. docs/containers.md
#
#   docker build -t ficus .                                      makes the executable in a stage of its own
#   docker build -t ficus --build-arg EXECUTABLE=given .         takes the one that `npm run package` made: no npm, no network
#   docker build -t ficus-examples --target examples .           the workloads of docker-compose.yml
#
# Without BuildKit the engine runs the stage `built` even when it is not asked for: DOCKER_BUILDKIT=1 before Docker 23.

# Anything with glibc and libstdc++: debian, ubuntu, distroless/cc. Nothing is run in it while building.
ARG BASE_IMAGE=debian:12-slim
# Where the executable is made: anything with Node 20 or later, or Debian 12, which installs one.
ARG BUILD_IMAGE=${BASE_IMAGE}
# `built` or `given`.
ARG EXECUTABLE=built

FROM ${BUILD_IMAGE} AS built
RUN command -v npm || { apt-get update && apt-get install -y --no-install-recommends npm ca-certificates; }
WORKDIR /src
COPY . .
# Of the files in archives, which are not what is taken from here; the history that would say it is not sent along.
ARG SOURCE_DATE_EPOCH=0
# npm brings the Node that is packaged, which also packages; the one that is here only runs npm. Old ones do not link it.
RUN npm ci && PATH="$(ls -d $PWD/node_modules/node-linux-*/bin):$PATH" npm run package
RUN case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; esac \
  && install -D -m 0755 dist/package/ficus-linux-$arch /out/bin/ficus \
  && install -D -m 0755 node_modules/node-linux-$arch/bin/node /out/node/node \
  && install -d -m 0700 /out/state/ficus-parent /out/state/ficus-child /out/run/ficus

FROM ${BUILD_IMAGE} AS given
COPY dist/package/ node_modules/ /given/
RUN case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; esac \
  && install -D -m 0755 /given/ficus-linux-$arch /out/bin/ficus \
  && install -D -m 0755 /given/node-linux-$arch/bin/node /out/node/node \
  && install -d -m 0700 /out/state/ficus-parent /out/state/ficus-child /out/run/ficus

FROM ${EXECUTABLE} AS executable

# The monolith and the service that is taken out of it.
FROM ${BASE_IMAGE} AS examples
COPY --from=executable /out/node/ /usr/local/bin/
COPY examples/package.json examples/orders.ts examples/workload.ts /srv/examples/
COPY examples/monolith/ /srv/examples/monolith/
COPY examples/orders/ /srv/examples/orders/
WORKDIR /srv/examples
ENV HOST=0.0.0.0 PORT=8080
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=4s --start-period=20s --retries=3 \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ok}) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node"]
CMD ["monolith/server.ts"]

FROM ${BASE_IMAGE} AS ficus
COPY --from=executable /out/bin/ /usr/local/bin/
# Named volumes take owner and mode from what is here.
COPY --from=executable --chown=65532:65532 /out/state/ /var/lib/
COPY --from=executable --chown=65532:65532 /out/run/ /run/
USER 65532:65532
# Public door, joins, uplinks.
EXPOSE 8080 8443 9443
# The configuration says whether this is a parent or a child: FICUS_CONFIG, /etc/ficus/parent.yaml or /etc/ficus/child.yaml.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["ficus", "healthcheck"]
ENTRYPOINT ["ficus"]
CMD ["--help"]
