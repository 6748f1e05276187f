// The least that a webhook in Go can be, to hold ours against: it reads a review, looks at nothing in it but the uid,
// and answers with the patch in a file.
//
//	peer CERTIFICATE KEY PATCH
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

type review struct {
	Request struct {
		UID string `json:"uid"`
	} `json:"request"`
}

type response struct {
	UID       string `json:"uid"`
	Allowed   bool   `json:"allowed"`
	PatchType string `json:"patchType"`
	Patch     []byte `json:"patch"`
}

type answer struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Response   response `json:"response"`
}

func main() {
	patch, err := os.ReadFile(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/mutate", func(writer http.ResponseWriter, request *http.Request) {
		var asked review
		body, err := io.ReadAll(request.Body)
		if err == nil {
			err = json.Unmarshal(body, &asked)
		}
		if err != nil {
			http.Error(writer, err.Error(), http.StatusBadRequest)
			return
		}
		given := response{asked.Request.UID, true, "JSONPatch", patch}
		writer.Header().Set("Content-Type", "application/json")
		json.NewEncoder(writer).Encode(answer{"admission.k8s.io/v1", "AdmissionReview", given})
	})
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.ServeTLS(listener, nil, os.Args[1], os.Args[2]))
}
