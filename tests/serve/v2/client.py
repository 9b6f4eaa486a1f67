"""The protocol's public client asks a server of the mixed project for everything it can; any difference is an assertion.

Usage: client.py http://HOST:PORT
"""

import json
import sys
import urllib.request
from importlib.metadata import version

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

BASE = sys.argv[1]
AGES = [30, 44, 61]
INCOMES = [1234.5, 0.25, 4000.0]
MEMBERS = [True, False, True]
PLANS = ["große", "other", "plus"]


def native(more=None):
    rows = [
        {"age": age, "income": income, "member": member, "plan": plan}
        for age, income, member, plan in zip(AGES, INCOMES, MEMBERS, PLANS)
    ]
    request = urllib.request.Request(
        BASE + "/prediction",
        json.dumps({"rows": rows, **(more or {})}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        predictions = json.load(answer)["predictions"]
    labels = [told["prediction"] for told in predictions]
    return labels, np.array([told["probability"] for told in predictions])


def inputs(binary, ages=np.int64, incomes=np.float64, repeat=1):
    columns = {
        "age": np.array(AGES * repeat, dtype=ages),
        "income": np.array(INCOMES * repeat, dtype=incomes),
        "member": np.array(MEMBERS * repeat, dtype=bool),
        "plan": np.array([plan.encode() for plan in PLANS * repeat], dtype=object),
    }
    tensors = []
    for name, column in columns.items():
        datatype = np_to_triton_dtype(column.dtype)
        # Both shapes of a column are in use.
        column = column.reshape(-1, 1) if name == "income" else column
        tensor = http.InferInput(name, list(column.shape), datatype)
        tensor.set_data_from_numpy(column, binary_data=binary)
        tensors.append(tensor)
    return tensors


def check(result, labels, probabilities):
    found = [label.decode() if isinstance(label, bytes) else label for label in result.as_numpy("predict")]
    assert found == labels, (found, labels)
    assert (result.as_numpy("probability") == probabilities).all()
    both = np.stack([1.0 - probabilities, probabilities], axis=1)
    assert (result.as_numpy("predict_proba") == both).all()


client = http.InferenceServerClient(BASE.removeprefix("http://"))
assert client.is_server_live()
assert client.is_server_ready()
assert client.is_model_ready("mixed")
assert client.is_model_ready("mixed", "1")
assert not client.is_model_ready("mixed", "99")
assert not client.is_model_ready("none")
server = client.get_server_metadata()
assert server["name"] == "unseat" and "binary_tensor_data" in server["extensions"], server
metadata = client.get_model_metadata("mixed")
assert [tensor["name"] for tensor in metadata["inputs"]] == ["age", "income", "member", "plan"]
assert client.get_model_metadata("mixed", "1")["name"] == "mixed"
index = client.get_model_repository_index()
assert [entry["version"] for entry in index] == metadata["versions"], index

labels, probabilities = native()
names = ["predict", "predict_proba", "probability"]
for binary_in in [True, False]:
    # Its own default: no outputs named, so all of them, as bytes.
    check(client.infer("mixed", inputs(binary_in)), labels, probabilities)
    for binary_out in [True, False]:
        outputs = [http.InferRequestedOutput(name, binary_data=binary_out) for name in names]
        result = client.infer("mixed", inputs(binary_in), outputs=outputs, request_id="my id")
        assert result.get_response()["id"] == "my id"
        check(result, labels, probabilities)

for ages in [np.uint8, np.uint16, np.uint32, np.uint64, np.int8, np.int16, np.int32, np.float16, np.float32]:
    for incomes in [np.float32, np.float64]:
        for binary in [True, False]:
            check(client.infer("mixed", inputs(binary, ages, incomes)), labels, probabilities)

for packing in ["gzip", "deflate"]:
    result = client.infer(
        "mixed",
        inputs(True, repeat=200),
        request_compression_algorithm=packing,
        response_compression_algorithm=packing,
    )
    check(result, labels * 200, np.tile(probabilities, 200))
    outputs = [http.InferRequestedOutput(name, binary_data=False) for name in names]
    result = client.infer(
        "mixed",
        inputs(False, repeat=200),
        outputs=outputs,
        request_compression_algorithm=packing,
        response_compression_algorithm=packing,
    )
    check(result, labels * 200, np.tile(probabilities, 200))

for number in metadata["versions"]:
    result = client.infer("mixed", inputs(True), model_version=number)
    assert result.get_response()["model_version"] == number
    check(result, *native({"version": int(number)}))

outputs = [http.InferRequestedOutput("predict_proba", class_count=1)]
likeliest = client.infer("mixed", inputs(True), outputs=outputs).as_numpy("predict_proba")
assert [text.decode().split(":")[2] for text in likeliest[:, 0]] == labels, likeliest

result = client.async_infer("mixed", inputs(True)).get_result()
check(result, labels, probabilities)

for wrong, status, told in [
    (lambda: client.infer("none", inputs(True)), "404", "no such model"),
    (lambda: client.infer("mixed", inputs(True)[1:]), "400", "missing: `age`"),
    (lambda: client.load_model("mixed"), "409", "the champion"),
    (lambda: client.get_model_metadata("mixed", "99"), "404", "no such version"),
]:
    try:
        wrong()
    except InferenceServerException as refused:
        assert refused.status() == status and told in refused.message(), refused
    else:
        raise AssertionError(told)

print("tritonclient", version("tritonclient"), "with numpy", np.__version__, "agrees")
