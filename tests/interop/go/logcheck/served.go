package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A servedConsistency is an answer of GET /v1/consistency, with the roots it is to be checked against worked out from
// the log's own tiles.
type servedConsistency struct {
	From  int64          `json:"from"`
	To    int64          `json:"to"`
	Proof tlog.TreeProof `json:"proof"`
}

func (l *log) checkServedConsistency(file string) (int, error) {
	return eachLine(file, func(text []byte) error {
		var served servedConsistency
		if err := json.Unmarshal(text, &served); err != nil {
			return err
		}
		from, err := tlog.TreeHash(served.From, l.hashes)
		if err != nil {
			return err
		}
		to, err := tlog.TreeHash(served.To, l.hashes)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(served.Proof, served.To, to, served.From, from); err != nil {
			return fmt.Errorf("served consistency from %d to %d: %v", served.From, served.To, err)
		}
		return nil
	})
}

// A servedRecord is an answer of GET /v1/records/:block/:position/proof.
type servedRecord struct {
	Line       string           `json:"line"`
	Block      int64            `json:"block"`
	Position   int64            `json:"position"`
	BlockPath  tlog.RecordProof `json:"block_path"`
	Manifest   string           `json:"manifest"`
	LogPath    tlog.RecordProof `json:"log_path"`
	Checkpoint string           `json:"checkpoint"`
}

func (l *log) checkServedRecords(file string) (int, error) {
	return eachLine(file, func(text []byte) error {
		var served servedRecord
		if err := json.Unmarshal(text, &served); err != nil {
			return err
		}
		_, head, err := l.head([]byte(served.Checkpoint))
		if err != nil {
			return err
		}
		leaf := tlog.RecordHash([]byte(served.Manifest))
		if err := tlog.CheckRecord(served.LogPath, head.N, head.Hash, served.Block, leaf); err != nil {
			return fmt.Errorf("served manifest %d: %v", served.Block, err)
		}
		var block manifest
		if err := json.Unmarshal([]byte(served.Manifest), &block); err != nil {
			return err
		}
		line := tlog.RecordHash([]byte(served.Line))
		if err := tlog.CheckRecord(served.BlockPath, block.Count, block.Root, served.Position, line); err != nil {
			return fmt.Errorf("served record %d:%d: %v", served.Block, served.Position, err)
		}
		return nil
	})
}

func eachLine(file string, work func([]byte) error) (int, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	done := 0
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		if err := work(lines.Bytes()); err != nil {
			return 0, err
		}
		done++
	}
	return done, lines.Err()
}

// rehashBlocks builds each block's own tree over its lines and compares it with what the manifest says.
func rehashBlocks(folder string, manifests []manifest) (int, error) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		block, err := strconv.Atoi(strings.TrimSuffix(file.Name(), ".ndjson"))
		if err != nil || block >= len(manifests) {
			return 0, fmt.Errorf("%s names no block", file.Name())
		}
		content, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			return 0, err
		}
		root, count, err := linesRoot(content)
		if err != nil {
			return 0, err
		}
		if told := manifests[block]; root != told.Root || count != told.Count {
			return 0, fmt.Errorf("block %d: %d lines of root %v; the manifest tells %d of %v", block, count, root, told.Count, told.Root)
		}
	}
	return len(files), nil
}

// linesRoot is the RFC 6962 root over lines; a leaf is a line without its newline.
func linesRoot(content []byte) (tlog.Hash, int64, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	count := int64(0)
	for len(content) > 0 {
		end := bytes.IndexByte(content, '\n')
		if end < 0 {
			return tlog.Hash{}, 0, fmt.Errorf("the last line has no newline")
		}
		more, err := tlog.StoredHashes(count, content[:end], reader)
		if err != nil {
			return tlog.Hash{}, 0, err
		}
		stored = append(stored, more...)
		content = content[end+1:]
		count++
	}
	root, err := tlog.TreeHash(count, reader)
	return root, count, err
}
