# One file for all services:  docker build --build-arg SERVICE=gateway --tag heddle/gateway .
# SERVICE is one of gateway, producer, consumer, recorder, notifier. What the images share is built once.
ARG NODE_IMAGE=node:24-slim
ARG SERVICE=gateway

# What npm needs to know of every workspace: without one of them it refuses the lock file.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /heddle
COPY .npmrc package.json package-lock.json ./
COPY libs/broker/package.json libs/broker/
COPY libs/client/package.json libs/client/
COPY libs/contracts/package.json libs/contracts/
COPY libs/outbound/package.json libs/outbound/
COPY libs/service/package.json libs/service/
COPY libs/sync/package.json libs/sync/
COPY libs/tracing/package.json libs/tracing/
COPY services/consumer/package.json services/consumer/
COPY services/gateway/package.json services/gateway/
COPY services/notifier/package.json services/notifier/
COPY services/producer/package.json services/producer/
COPY services/recorder/package.json services/recorder/
COPY bench/package.json bench/

FROM manifests AS build
RUN npm ci
COPY tsconfig.base.json ./
COPY libs libs
COPY services services
ARG SERVICE
# The service, and the libraries that it stands on: what this builds is what it needs.
RUN npx tsc -b "services/${SERVICE}" \
  && mkdir built \
  && cp -r --parents libs/*/dist "services/${SERVICE}" built \
  && rm -rf built/services/*/src built/services/*/test built/services/*/node_modules

# Production dependencies of the one service and of its libraries. Of packages that bring a binary for every system (the inference
# runtime of the worker), only Linux's stay.
FROM manifests AS dependencies
ARG SERVICE
RUN npm ci --omit=dev --workspace "services/${SERVICE}" \
  && rm -rf node_modules/onnxruntime-node/bin/napi-v*/darwin node_modules/onnxruntime-node/bin/napi-v*/win32 \
  && ln -s "services/${SERVICE}" service

FROM ${NODE_IMAGE} AS runtime
WORKDIR /heddle
# The root file system may be read-only: what is written goes to /tmp, and the recorder's embedded database to /data.
ENV NODE_ENV=production \
  HEDDLE_OPS_HOST=0.0.0.0
# Is the process alive? Not whether the broker is there: a service waits for that by itself, and says so on /readyz.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.HEDDLE_OPS_PORT + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is process 1, gets SIGTERM, drains and ends with 0; no shell in between.
STOPSIGNAL SIGTERM
CMD ["node", "service/dist/main.js"]

FROM runtime AS gateway
ENV HEDDLE_OPS_PORT=9401 \
  HEDDLE_HTTP_HOST=0.0.0.0 \
  HEDDLE_HTTP_PORT=8080
EXPOSE 8080 9401

FROM runtime AS producer
ENV HEDDLE_OPS_PORT=9402
EXPOSE 9402

FROM runtime AS consumer
# With glibc's allocator, picture after picture fragments the memory and costs time.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libjemalloc2 \
  && rm -rf /var/lib/apt/lists/* \
  && ln -s "$(find /usr/lib -name libjemalloc.so.2 | head -n 1)" /usr/local/lib/libjemalloc.so.2
ENV HEDDLE_OPS_PORT=9403 \
  LD_PRELOAD=/usr/local/lib/libjemalloc.so.2
EXPOSE 9403

FROM runtime AS recorder
ENV HEDDLE_OPS_PORT=9404 \
  HEDDLE_DATA=/data
RUN install --directory --owner=1000 --group=1000 /data
EXPOSE 9404

FROM runtime AS notifier
ENV HEDDLE_OPS_PORT=9405
EXPOSE 9405

FROM ${SERVICE}
COPY --from=dependencies /heddle ./
COPY --from=build /heddle/built ./
# The image's user `node`, as a number, so that Kubernetes can see that it is not root.
USER 1000:1000
