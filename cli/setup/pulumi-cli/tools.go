//go:build tools

// Package tools names the program to build, so that `go mod tidy` keeps go.mod and go.sum whole.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
