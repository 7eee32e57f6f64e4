// SPDX-License-Identifier: LGPL-2.1-or-later

// Reads rules for node-problem-detector as that does, and lines with the reasons that they should give, and says what is different.
// A pattern has to match up to the end of the last lines, of which there are so many as the buffer has room for.
//
//	go run match_rules.go RULES... <LINES
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

type rules struct {
	Plugin           string            `json:"plugin"`
	PluginConfig     map[string]string `json:"pluginConfig"`
	LogPath          string            `json:"logPath"`
	Lookback         string            `json:"lookback"`
	BufferSize       int               `json:"bufferSize"`
	Source           string            `json:"source"`
	MetricsReporting bool              `json:"metricsReporting"`
	Conditions       []struct{ Type, Reason, Message string }
	Rules            []struct{ Type, Condition, Reason, Pattern string }
}

func main() {
	reasonsOf, patterns := []string{}, []*regexp.Regexp{}
	for _, name := range os.Args[1:] {
		all := read(name)
		patterns = append(patterns, compile(all)...)
		for _, rule := range all.Rules {
			reasonsOf = append(reasonsOf, rule.Reason)
		}
	}

	input, lines := bufio.NewScanner(os.Stdin), 0
	for input.Scan() {
		field := strings.SplitN(input.Text(), "\t", 3)
		reasons := []string{}
		for i, pattern := range patterns {
			if pattern.MatchString(strings.TrimSpace(field[2])) {
				reasons = append(reasons, reasonsOf[i])
			}
		}
		meant := strings.TrimPrefix(field[1], "-")
		require(strings.Join(reasons, " ") == meant, fmt.Sprintf("%v instead of %q: %s", reasons, meant, field[2]))
		lines++
	}
	check(input.Err())
	require(lines > 0, "no lines")
	fmt.Printf("%d lines give what is meant, by %d rules\n", lines, len(patterns))
}

// read reads a file, which is about the log of the program that it is named after.
func read(name string) (all rules) {
	file, err := os.Open(name)
	check(err)
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	check(decoder.Decode(&all))
	program := strings.TrimSuffix(filepath.Base(name), "-monitor.json")
	require(all.Plugin == "journald" && all.PluginConfig["source"] == program, "another log")
	require(all.Source != "" && all.BufferSize == 1, "a source, and a buffer of one line: patterns begin with ^")
	return all
}

// compile checks the rules: each permanent one has its condition.
func compile(all rules) []*regexp.Regexp {
	conditions, patterns := map[string]bool{}, []*regexp.Regexp{}
	for _, condition := range all.Conditions {
		require(condition.Reason != "" && condition.Message != "", condition.Type)
		conditions[condition.Type] = true
	}
	for _, rule := range all.Rules {
		switch rule.Type {
		case "temporary":
			require(rule.Condition == "", rule.Reason)
		case "permanent":
			require(conditions[rule.Condition], rule.Reason)
		default:
			require(false, "type of "+rule.Reason)
		}
		pattern, err := regexp.Compile(rule.Pattern + `\z`)
		check(err)
		patterns = append(patterns, pattern)
	}
	return patterns
}

func check(err error) { require(err == nil, fmt.Sprint(err)) }

func require(holds bool, what string) {
	if !holds {
		fmt.Fprintln(os.Stderr, "match_rules:", what)
		os.Exit(1)
	}
}
