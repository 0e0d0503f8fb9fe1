# Throughline in one static binary, as an unprivileged user.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
COPY models/store/nosqlite3 models/store/nosqlite3
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -tags nomsgpack -ldflags '-s -w' -o /out/throughline ./cmd/throughline \
 && mkdir -p /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/throughline /usr/local/bin/throughline
COPY --from=build --chown=nonroot:nonroot /out/data /data
ENV THROUGHLINE_ADDR=:8080 THROUGHLINE_DATA=/data THROUGHLINE_LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
USER nonroot
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["/usr/local/bin/throughline", "health"]
ENTRYPOINT ["/usr/local/bin/throughline"]
CMD ["serve"]
