// goplugin ROUNDS: prints the median nanoseconds of one call of 64 bytes through hashicorp/go-plugin over gRPC, in a closed loop. The
// same program is host and plugin.
package main

import (
	"context"
	"fmt"
	"io/ioutil"
	"os"
	"os/exec"
	"sort"
	"strconv"
	"time"

	"github.com/golang/protobuf/proto"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// Message has its tags by hand, so that no code need be generated.
type Message struct {
	Data []byte `protobuf:"bytes,1,opt,name=data,proto3"`
}

func (m *Message) Reset()         { *m = Message{} }
func (m *Message) String() string { return proto.CompactTextString(m) }
func (*Message) ProtoMessage()    {}

type echo interface {
	Call(*Message) (*Message, error)
}

type server struct{}

func (server) Call(asked *Message) (*Message, error) { return &Message{Data: asked.Data}, nil }

var service = grpc.ServiceDesc{
	ServiceName: "bench.Echo",
	HandlerType: (*echo)(nil),
	Methods: []grpc.MethodDesc{{MethodName: "Call", Handler: func(called interface{}, _ context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (interface{}, error) {
		asked := new(Message)
		if err := decode(asked); err != nil {
			return nil, err
		}
		return called.(echo).Call(asked)
	}}},
}

type kind struct{ plugin.NetRPCUnsupportedPlugin }

func (kind) GRPCServer(_ *plugin.GRPCBroker, server_ *grpc.Server) error {
	server_.RegisterService(&service, server{})
	return nil
}

func (kind) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, connection *grpc.ClientConn) (interface{}, error) {
	return &client{connection}, nil
}

type client struct{ connection *grpc.ClientConn }

func (c *client) Call(asked *Message) (*Message, error) {
	answer := new(Message)
	return answer, c.connection.Invoke(context.Background(), "/bench.Echo/Call", asked, answer)
}

var handshake = plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "DOVETAIL_BENCH", MagicCookieValue: "echo"}
var kinds = map[string]plugin.Plugin{"echo": kind{}}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	if os.Getenv("DOVETAIL_BENCH") != "" {
		plugin.Serve(&plugin.ServeConfig{HandshakeConfig: handshake, Plugins: kinds, GRPCServer: plugin.DefaultGRPCServer})
		return
	}
	rounds, err := strconv.Atoi(os.Args[1])
	check(err)
	started := plugin.NewClient(&plugin.ClientConfig{HandshakeConfig: handshake, Plugins: kinds, Cmd: exec.Command(os.Args[0]),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, Logger: hclog.New(&hclog.LoggerOptions{Output: ioutil.Discard})})
	defer started.Kill()
	protocol, err := started.Client()
	check(err)
	raw, err := protocol.Dispense("echo")
	check(err)
	message := &Message{Data: make([]byte, 64)}
	took := make([]int, rounds)
	for i := range took {
		began := time.Now()
		_, err := raw.(echo).Call(message)
		check(err)
		took[i] = int(time.Since(began).Nanoseconds())
	}
	sort.Ints(took)
	fmt.Println(took[rounds/2])
}
