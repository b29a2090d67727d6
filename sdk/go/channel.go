package framemesh

import (
	"context"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
)

const (
	// A dead peer is noticed within 15 seconds, also while the camera has nothing to send.
	keepaliveTime    = 10 * time.Second
	keepaliveTimeout = 5 * time.Second
)

// connect makes the camera's own connection, so that a balancer can spread the cameras. Bytes move only
// once a stream is opened.
func (c *Camera) connect(address string) (*grpc.ClientConn, error) {
	loopback := isLoopback(address)
	secrets := insecure.NewCredentials()
	if c.options.tls != nil {
		secrets = credentials.NewTLS(c.options.tls.Clone())
	}
	dial := []grpc.DialOption{
		grpc.WithTransportCredentials(secrets),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: keepaliveTime, Timeout: keepaliveTimeout, PermitWithoutStream: true,
		}),
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
	}
	if loopback {
		// No proxy of the environment can reach what listens on this machine.
		dial = append(dial, grpc.WithNoProxy())
	}
	if c.options.token != nil {
		dial = append(dial, grpc.WithPerRPCCredentials(bearer{c.options.token, !loopback}))
	}
	return grpc.NewClient(address, dial...)
}

// bearer sends a token as gRPC's metadata.
type bearer struct {
	token  func(context.Context) (string, error)
	secure bool
}

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b bearer) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	token, err := b.token(ctx)
	if err != nil {
		// Whoever makes tokens may be back soon: without this code the camera would give up.
		return nil, status.Error(codes.Unavailable, "no token: "+err.Error())
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (b bearer) RequireTransportSecurity() bool { return b.secure }

// isLoopback is whether a gRPC address (host:port, or a URI such as dns:///host:port) is of this machine.
func isLoopback(address string) bool {
	host := address[strings.LastIndex(address, "/")+1:]
	for _, scheme := range []string{"dns:", "ipv4:", "ipv6:", "passthrough:"} {
		host = strings.TrimPrefix(host, scheme)
	}
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
