# docker build --build-arg VERSION=v0.1.0 --build-arg COMMIT=$(git rev-parse HEAD) -t taffrail .
#
# With --platform linux/amd64,linux/arm64 it is an image for both: Go compiles for either on the builder's own.
#
# Where no registry is in reach, hack/image.sh makes the same image of the last stage, around a program
# that `make build` has built.

FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG TARGETOS TARGETARCH VERSION=dev COMMIT=unknown
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    GOOS=$TARGETOS GOARCH=$TARGETARCH hack/build.sh /taffrail "$VERSION" "$COMMIT"

# Nothing but the program. It calls the API server alone, whose CA comes with the Pod's service
# account, so not even the public CAs of a distroless image are of use.
FROM scratch
LABEL org.opencontainers.image.title=Taffrail org.opencontainers.image.url=https://taffrail.dev org.opencontainers.image.licenses=Apache-2.0
COPY --from=build /taffrail /taffrail
# A number: the kubelet cannot tell whether a name is root, and runAsNonRoot would refuse it.
USER 65532:65532
EXPOSE 9443 8080 8081
ENTRYPOINT ["/taffrail"]
CMD ["serve"]
