// Command rtsp is an RTSP server for tests: what one client publishes under a path, others read
// there. A path has one reader at a time if -one-reader says so, as some cameras do.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"sync"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/auth"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"
)

const realm = "camera"

// Of all that the library offers, the one that cameras use.
var digest = []auth.ValidateMethod{auth.ValidateMethodDigestMD5}

type published struct {
	stream    *gortsplib.ServerStream
	publisher *gortsplib.ServerSession
	readers   map[*gortsplib.ServerSession]bool
}

type handler struct {
	server         *gortsplib.Server
	nonce          string
	user, password string
	oneReader      bool

	mutex sync.Mutex
	paths map[string]*published
}

func (h *handler) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for path, found := range h.paths {
		delete(found.readers, ctx.Session)
		if found.publisher == ctx.Session {
			found.stream.Close()
			delete(h.paths, path)
		}
	}
}

func (h *handler) OnAnnounce(ctx *gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if old := h.paths[ctx.Path]; old != nil {
		old.stream.Close()
		old.publisher.Close()
	}
	h.paths[ctx.Path] = &published{
		stream:    gortsplib.NewServerStream(h.server, ctx.Description),
		publisher: ctx.Session,
		readers:   map[*gortsplib.ServerSession]bool{},
	}
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (h *handler) OnDescribe(
	ctx *gortsplib.ServerHandlerOnDescribeCtx,
) (*base.Response, *gortsplib.ServerStream, error) {
	if h.user != "" {
		err := auth.Validate(ctx.Request, h.user, h.password, digest, realm, h.nonce)
		if err != nil {
			return &base.Response{
				StatusCode: base.StatusUnauthorized,
				Header: base.Header{
					"WWW-Authenticate": auth.GenerateWWWAuthenticate(digest, realm, h.nonce),
				},
			}, nil, nil
		}
	}
	return h.find(ctx.Path)
}

func (h *handler) OnSetup(
	ctx *gortsplib.ServerHandlerOnSetupCtx,
) (*base.Response, *gortsplib.ServerStream, error) {
	h.mutex.Lock()
	found := h.paths[ctx.Path]
	if found != nil && found.publisher != ctx.Session && !found.readers[ctx.Session] {
		if h.oneReader && len(found.readers) > 0 {
			h.mutex.Unlock()
			return &base.Response{StatusCode: base.StatusNotEnoughBandwidth}, nil, nil
		}
		found.readers[ctx.Session] = true
	}
	h.mutex.Unlock()
	return h.find(ctx.Path)
}

func (h *handler) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (h *handler) OnRecord(ctx *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	h.mutex.Lock()
	stream := h.paths[ctx.Path].stream
	h.mutex.Unlock()
	ctx.Session.OnPacketRTPAny(func(media *description.Media, _ format.Format, packet *rtp.Packet) {
		// What a reader that is too slow does not take is lost, as over any network.
		_ = stream.WritePacketRTP(media, packet)
	})
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (h *handler) find(path string) (*base.Response, *gortsplib.ServerStream, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	found := h.paths[path]
	if found == nil {
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, found.stream, nil
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8554", "host:port")
	udp := flag.Int("udp", 0, "port for RTP over UDP, even; the next one is for RTCP; 0: none")
	oneReader := flag.Bool("one-reader", false, "a path has one reader at a time")
	flag.Parse()

	nonce, err := auth.GenerateNonce()
	if err != nil {
		log.Fatal(err)
	}
	h := &handler{
		nonce:     nonce,
		user:      os.Getenv("RTSP_USER"),
		password:  os.Getenv("RTSP_PASSWORD"),
		oneReader: *oneReader,
		paths:     map[string]*published{},
	}
	h.server = &gortsplib.Server{Handler: h, RTSPAddress: *listen}
	if *udp != 0 {
		h.server.UDPRTPAddress = fmt.Sprintf("127.0.0.1:%d", *udp)
		h.server.UDPRTCPAddress = fmt.Sprintf("127.0.0.1:%d", *udp+1)
	}
	if err := h.server.Start(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening")
	log.Fatal(h.server.Wait())
}
