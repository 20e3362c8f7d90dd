// Logcheck checks a Portledger log with the Go project's own transparency-log code and none of ours: signed notes are
// opened by golang.org/x/mod/sumdb/note, every hash and proof is made or checked by golang.org/x/mod/sumdb/tlog.
//
// It reads a log laid out by C2SP tlog-tiles from a folder or over HTTP, and prints a JSON summary. Any failed check
// ends it with exit code 1 and one line on standard error.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

type summary struct {
	Origin            string `json:"origin"`
	Size              int64  `json:"size"`
	Manifests         int    `json:"manifests"`
	Records           int64  `json:"records"`
	EarlierHeads      int    `json:"earlier_heads"`
	ServedConsistency int    `json:"served_consistency"`
	ServedRecords     int    `json:"served_records"`
	BlocksRehashed    int    `json:"blocks_rehashed"`
}

func main() {
	vkey := flag.String("vkey", "", "verifier key of the log")
	token := flag.String("token", "", "bearer token, where the log is read over HTTP")
	earlier := flag.String("earlier", "", "folder of checkpoints of the same log, each kept from an earlier moment")
	consistency := flag.String("consistency", "", "file of consistency proofs that the log served: one JSON value a line")
	records := flag.String("records", "", "file of record proofs that the log served: one JSON value a line")
	lines := flag.String("lines", "", "folder of blocks' decompressed lines: <block>.ndjson")
	flag.Parse()
	result, err := check(*vkey, newSource(flag.Arg(0), *token), given{*earlier, *consistency, *records, *lines})
	if err != nil {
		fmt.Fprintln(os.Stderr, "logcheck:", err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		fmt.Fprintln(os.Stderr, "logcheck:", err)
		os.Exit(1)
	}
}

type given struct{ earlier, consistency, records, lines string }

func check(vkey string, from *source, what given) (*summary, error) {
	log, err := openLog(vkey, from)
	if err != nil {
		return nil, err
	}
	result := &summary{Origin: log.origin, Size: log.tree.N}
	manifests, err := log.checkEveryManifest()
	if err != nil {
		return nil, err
	}
	result.Manifests = len(manifests)
	for _, manifest := range manifests {
		result.Records += manifest.Count
	}
	if what.earlier != "" {
		if result.EarlierHeads, err = log.checkEarlierHeads(what.earlier); err != nil {
			return nil, err
		}
	}
	if what.consistency != "" {
		if result.ServedConsistency, err = log.checkServedConsistency(what.consistency); err != nil {
			return nil, err
		}
	}
	if what.records != "" {
		if result.ServedRecords, err = log.checkServedRecords(what.records); err != nil {
			return nil, err
		}
	}
	if what.lines != "" {
		if result.BlocksRehashed, err = rehashBlocks(what.lines, manifests); err != nil {
			return nil, err
		}
	}
	return result, nil
}
