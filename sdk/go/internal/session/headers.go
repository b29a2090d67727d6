package session

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
)

const (
	// maxHeaderBytes of all headers of a frame, with headerLineBytes for each.
	maxHeaderBytes  = 400
	headerLineBytes = 4
)

var (
	headerName  = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$") // a token, as in HTTP
	headerValue = regexp.MustCompile("^[!-~]([ -~]*[!-~])?$")
)

// CheckHeaders returns them in the order of their names, or says what ingest would not take.
func CheckHeaders(headers map[string]string) ([]Header, error) {
	if len(headers) == 0 {
		return nil, nil
	}
	checked, size := make([]Header, 0, len(headers)), 0
	for name, value := range headers {
		lower := strings.ToLower(name)
		ours := strings.HasPrefix(lower, "nats-") || strings.HasPrefix(lower, "framemesh-")
		if ours || !headerName.MatchString(name) || !headerValue.MatchString(value) {
			return nil, fmt.Errorf("header %q: use a name without spaces and colons, which begins with "+
				"neither nats- nor framemesh-, and printable ASCII for its value", name)
		}
		checked = append(checked, Header{name, value})
		size += len(name) + len(value) + headerLineBytes
	}
	if size > maxHeaderBytes {
		return nil, fmt.Errorf("%d bytes of headers are over the limit of %d: send fewer", size,
			maxHeaderBytes)
	}
	sort.Slice(checked, func(i, j int) bool { return checked[i].Name < checked[j].Name })
	return checked, nil
}
