# One image a service:  docker build --build-arg SERVICE=gateway --tag heddle/gateway .
# SERVICE is one of gateway, producer, consumer, recorder, notifier.
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS manifests
WORKDIR /heddle
COPY .npmrc package.json package-lock.json ./
COPY libs/broker/package.json libs/broker/
COPY libs/client/package.json libs/client/
COPY libs/contracts/package.json libs/contracts/
COPY libs/outbound/package.json libs/outbound/
COPY libs/tracing/package.json libs/tracing/
COPY libs/service/package.json libs/service/
COPY libs/sync/package.json libs/sync/
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
RUN npx tsc -b "services/${SERVICE}"

# Production dependencies of the one service and of the libraries it stands on.
FROM manifests AS dependencies
ARG SERVICE
RUN npm ci --omit=dev --workspace "services/${SERVICE}"

FROM ${NODE_IMAGE}
# For workers (LD_PRELOAD): with glibc's allocator, picture after picture fragments the memory and costs time.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libjemalloc2 \
  && rm -rf /var/lib/apt/lists/* \
  && ln -s "$(find /usr/lib -name libjemalloc.so.2 | head -n 1)" /usr/local/lib/libjemalloc.so.2
WORKDIR /heddle
ARG SERVICE
COPY --from=dependencies /heddle/package.json package.json
COPY --from=dependencies /heddle/node_modules node_modules
COPY --from=dependencies /heddle/libs libs
COPY --from=dependencies /heddle/services/${SERVICE} service
COPY --from=build /heddle/libs/broker/dist libs/broker/dist
COPY --from=build /heddle/libs/client/dist libs/client/dist
COPY --from=build /heddle/libs/contracts/dist libs/contracts/dist
COPY --from=build /heddle/libs/outbound/dist libs/outbound/dist
COPY --from=build /heddle/libs/tracing/dist libs/tracing/dist
COPY --from=build /heddle/libs/service/dist libs/service/dist
COPY --from=build /heddle/services/${SERVICE}/dist service/dist
RUN mkdir /data && chown node:node /data

# The root file system may be read-only: what is written goes to /tmp, and the recorder's database to /data.
ENV NODE_ENV=production \
  HEDDLE_OPS_HOST=0.0.0.0 \
  HEDDLE_DATA=/data
USER node
EXPOSE 8080 9401 9402 9403 9404 9405
CMD ["node", "service/dist/main.js"]
