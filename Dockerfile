# syntax=docker/dockerfile:1

# What runs needs no compiler: SQLite comes as a prebuilt binary, and no package has to run a script of its own.
FROM node:24.22.3-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24.22.3-bookworm-slim
# In a container only the published port is reached from outside, so that it listens on every address of its own. It does
# not start without COUNTERSIGN_PUBLIC_URL: where people reach the proxy with TLS that stands in front.
# Compiled sources are not kept: the image may be read-only, and a container's /tmp is empty at each start anyway.
ENV NODE_ENV=production \
    TSX_DISABLE_CACHE=1 \
    COUNTERSIGN_DATA_DIR=/data \
    COUNTERSIGN_HOST=0.0.0.0 \
    COUNTERSIGN_PORT=8080
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY bin ./bin
COPY lib ./lib
# The one folder that is written to. A volume that is made over it takes on its owner and mode.
RUN install -d -o node -g node -m 0700 /data
USER node
VOLUME /data
EXPOSE 8080
# There is no curl in the image, and need not be.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.COUNTERSIGN_PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Exec form: the process has SIGTERM itself, and ends within five seconds.
ENTRYPOINT ["node", "/app/bin/countersign.js"]
CMD ["serve", "--trust-proxy"]
